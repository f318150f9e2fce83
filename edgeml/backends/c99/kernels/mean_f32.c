#include "mean_f32.h"

void edgeml_mean_f32(const edgeml_mean_f32_params *params, const float *restrict x, float *restrict y) {
  const int32_t inner = params->inner;
  for (int32_t o = 0; o < params->outer; ++o, x += params->reduce * inner) {
    for (int32_t i = 0; i < inner; ++i) {
      const float *in = x + i;
      float sum = 0;
      for (int32_t r = params->reduce; r > 0; --r, in += inner) sum += *in;
      *y++ = sum / (float)params->reduce;
    }
  }
}
