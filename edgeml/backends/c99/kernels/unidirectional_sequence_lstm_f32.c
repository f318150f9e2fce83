#include "unidirectional_sequence_lstm_f32.h"

#include "math_f32.h"
#include "sequence.h"

void edgeml_unidirectional_sequence_lstm_f32(const edgeml_unidirectional_sequence_lstm_f32_params *params,
                                             const float *x, const float *wi, const float *wf, const float *wg,
                                             const float *wo, const float *ri, const float *rf, const float *rg,
                                             const float *ro, const float *bi, const float *bf, const float *bg,
                                             const float *bo, const float *h, const float *c, float *y, float *h_next,
                                             float *c_next, void *scratch) {
  const float *const w[4] = {wi, wf, wg, wo}, *const r[4] = {ri, rf, rg, ro}, *const bias[4] = {bi, bf, bg, bo};
  const int32_t size = params->input_size, units = params->units;
  const float clip = params->cell_clip;
  float *const gates = scratch;
  for (int32_t b = 0; b < params->batches; ++b) {
    float *const hidden = h_next + b * units, *const cell = c_next + b * units;
    for (int32_t u = 0; u < units; ++u) {
      hidden[u] = h[b * units + u];
      cell[u] = c[b * units + u];
    }
    for (int32_t t = 0; t < params->steps; ++t) {
      const int32_t at = edgeml_sequence_row(b, t, params->batches, params->steps, params->time_major);
      /* all gates before any state changes */
      for (int32_t g = 0; g < 4; ++g)
        for (int32_t u = 0; u < units; ++u)
          gates[g * units + u] = edgeml_gate_f32(bias[g][u], w[g] + u * size, x + at * size, size, r[g] + u * units,
                                                 hidden, units);
      for (int32_t u = 0; u < units; ++u) {
        float next = edgeml_logisticf(gates[units + u]) * cell[u] +
                     edgeml_logisticf(gates[u]) * edgeml_tanhf(gates[2 * units + u]);
        if (clip > 0.0f) next = next > clip ? clip : (next < -clip ? -clip : next);
        cell[u] = next;
        hidden[u] = edgeml_logisticf(gates[3 * units + u]) * edgeml_tanhf(next);
        y[at * units + u] = hidden[u];
      }
    }
  }
}
