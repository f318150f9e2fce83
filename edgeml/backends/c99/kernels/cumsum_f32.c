#include "cumsum_f32.h"

void edgeml_cumsum_f32(const edgeml_cumsum_f32_params *params, const float *restrict x, float *restrict y) {
  const int32_t inner = params->inner, block = params->size * inner;
  for (int32_t o = 0; o < params->outer; ++o, x += block, y += block) {
    for (int32_t i = 0; i < inner; ++i) {
      float sum = 0.0f;
      for (int32_t k = 0; k < params->size; ++k) {
        const int32_t at = (params->reverse != 0 ? params->size - 1 - k : k) * inner + i;
        const float before = sum;
        sum += x[at];
        y[at] = params->exclusive != 0 ? before : sum;
      }
    }
  }
}
