#include "tree_ensemble_f32.h"

enum { MISSING_LEFT = 0x4000, FEATURE = 0x3fff };

void edgeml_tree_ensemble_f32(const edgeml_tree_ensemble_f32_params *params, const float *restrict x,
                              const int16_t *restrict feature, const float *restrict threshold,
                              const int32_t *restrict next, const int32_t *restrict roots,
                              const float *restrict weights, float *restrict y) {
  for (int32_t n = params->batch; n > 0; --n, x += params->features, y += params->outputs) {
    for (int32_t o = 0; o < params->outputs; ++o) y[o] = 0;
    for (int32_t t = 0; t < params->trees; ++t) {
      int32_t i = roots[t];
      for (int32_t f = feature[i]; f >= 0; f = feature[i]) {
        const float v = x[f & FEATURE];
        const int missing = v != v;
        i = (missing ? (f & MISSING_LEFT) != 0 : v <= threshold[i]) ? i + 1 : next[i];
      }
      const float *row = weights + next[i] * params->outputs;
      for (int32_t o = 0; o < params->outputs; ++o) y[o] += row[o];
    }
  }
}
