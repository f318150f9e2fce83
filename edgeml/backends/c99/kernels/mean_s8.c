#include "mean_s8.h"

#include "requantize.h"

void edgeml_mean_s8(const edgeml_mean_s8_params *params, const int8_t *restrict x, int8_t *restrict y) {
  const int32_t inner = params->inner;
  for (int32_t o = 0; o < params->outer; ++o, x += params->reduce * inner) {
    for (int32_t i = 0; i < inner; ++i) {
      const int8_t *in = x + i;
      int32_t sum = 0;
      for (int32_t r = params->reduce; r > 0; --r, in += inner) sum += *in;
      const float product = (float)sum * params->scale;
      *y++ = (int8_t)edgeml_round_s8(product + params->offset, 0, -128, 127);
    }
  }
}
