#include "unidirectional_sequence_lstm_s8.h"

#include "fixed_point_s16.h"
#include "sequence.h"

static int32_t dot(const int8_t *row, const int8_t *x, int32_t size, int32_t bias) {
  for (int32_t i = 0; i < size; ++i) bias += row[i] * x[i];
  return bias;
}

void edgeml_unidirectional_sequence_lstm_s8(const edgeml_unidirectional_sequence_lstm_s8_params *params,
                                            const int8_t *x, const int8_t *wi, const int8_t *wf, const int8_t *wg,
                                            const int8_t *wo, const int8_t *ri, const int8_t *rf, const int8_t *rg,
                                            const int8_t *ro, const int32_t *input_bias, const int32_t *recurrent_bias,
                                            const int8_t *h, const int16_t *c, int8_t *y, int8_t *h_next,
                                            int16_t *c_next, void *scratch) {
  const int8_t *const w[4] = {wi, wf, wg, wo}, *const r[4] = {ri, rf, rg, ro};
  const int32_t size = params->input_size, units = params->units, clip = params->cell_clip;
  const int32_t zero = params->hidden_zero_point, exponent = params->cell_exponent;
  int16_t *const gates = scratch;
  for (int32_t b = 0; b < params->batches; ++b) {
    int8_t *const hidden = h_next + b * units;
    int16_t *const cell = c_next + b * units;
    for (int32_t u = 0; u < units; ++u) {
      hidden[u] = h[b * units + u];
      cell[u] = c[b * units + u];
    }
    for (int32_t t = 0; t < params->steps; ++t) {
      const int32_t at = edgeml_sequence_row(b, t, params->batches, params->steps, params->time_major);
      /* all gates before any state changes */
      for (int32_t g = 0; g < 4; ++g) {
        for (int32_t u = 0; u < units; ++u) {
          const int32_t in = dot(w[g] + u * size, x + at * size, size, input_bias[g * units + u]);
          const int32_t seen = dot(r[g] + u * units, hidden, units, recurrent_bias[g * units + u]);
          const int32_t first = edgeml_saturate_s16(
              edgeml_multiply_by_quantized_multiplier(in, params->input_multiplier[g], params->input_shift[g]));
          const int32_t second = edgeml_multiply_by_quantized_multiplier(seen, params->recurrent_multiplier[g],
                                                                         params->recurrent_shift[g]);
          /* far outside int16 `second` decides alone; clamped, the sum stays within 32 bits */
          const int32_t most = second > 65535 ? 65535 : (second < -65535 ? -65535 : second);
          gates[g * units + u] = (int16_t)edgeml_saturate_s16(first + most);
        }
      }
      for (int32_t u = 0; u < units; ++u) {
        const int32_t kept = edgeml_divide_by_power_of_two(edgeml_logistic_s16(gates[units + u]) * cell[u], 15);
        const int32_t product = edgeml_logistic_s16(gates[u]) * edgeml_tanh_s16(gates[2 * units + u], 3);
        int32_t next = edgeml_saturate_s16(kept + edgeml_divide_by_power_of_two(product, 30 + exponent));
        if (clip > 0) next = next > clip ? clip : (next < -clip ? -clip : next);
        cell[u] = (int16_t)next;
        const int32_t open = edgeml_logistic_s16(gates[3 * units + u]) * edgeml_tanh_s16(next, 15 + exponent);
        const int32_t steps =
            edgeml_multiply_by_quantized_multiplier(open, params->hidden_multiplier, params->hidden_shift);
        const int32_t value = steps < -128 - zero ? -128 : (steps > 127 - zero ? 127 : steps + zero);
        hidden[u] = (int8_t)value;
        y[at * units + u] = hidden[u];
      }
    }
  }
}
