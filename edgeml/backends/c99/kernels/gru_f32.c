#include "gru_f32.h"

#include "math_f32.h"
#include "sequence.h"

static float dot(const float *row, const float *x, int32_t size) {
  float sum = 0.0f;
  for (int32_t i = 0; i < size; ++i) sum += row[i] * x[i];
  return sum;
}

void edgeml_gru_f32(const edgeml_gru_f32_params *params, const float *x, const float *w, const float *r,
                    const float *wb, const float *rb, const float *h, float *y, float *h_next, void *scratch) {
  const int32_t size = params->input_size, units = params->units;
  float *const gates = scratch, *const reset_h = gates + 3 * units;
  for (int32_t b = 0; b < params->batches; ++b) {
    float *const now = h_next + b * units;
    for (int32_t u = 0; u < units; ++u) now[u] = h[b * units + u];
    for (int32_t t = 0; t < params->steps; ++t) {
      const int32_t at = edgeml_sequence_row(b, t, params->batches, params->steps, params->time_major);
      const float *const in = x + at * size;
      for (int32_t g = 0; g < 2 * units; ++g)
        gates[g] = edgeml_logisticf(edgeml_gate_f32(wb[g] + rb[g], w + g * size, in, size, r + g * units, now, units));
      for (int32_t u = 0; u < units; ++u) reset_h[u] = gates[units + u] * now[u];
      for (int32_t u = 0; u < units; ++u) {
        const int32_t g = 2 * units + u;
        const float *const row = r + g * units;
        const float seen = params->linear_before_reset != 0 ? gates[units + u] * (dot(row, now, units) + rb[g])
                                                            : dot(row, reset_h, units) + rb[g];
        gates[g] = edgeml_tanhf(dot(w + g * size, in, size) + wb[g] + seen);
      }
      for (int32_t u = 0; u < units; ++u) {
        now[u] = (1.0f - gates[u]) * gates[2 * units + u] + gates[u] * now[u];
        y[at * units + u] = now[u];
      }
    }
  }
}
