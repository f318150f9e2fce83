#include "mean_fixed_s8.h"

#include "fixed_point.h"
#include "requantize.h"

void edgeml_mean_fixed_s8(const edgeml_mean_fixed_s8_params *params, const int8_t *restrict x, int8_t *restrict y) {
  const int32_t inner = params->inner, zero = params->output_zero_point;
  for (int32_t o = 0; o < params->outer; ++o, x += params->reduce * inner) {
    for (int32_t i = 0; i < inner; ++i) {
      const int8_t *in = x + i;
      int32_t sum = params->start;
      for (int32_t r = params->reduce; r > 0; --r, in += inner) sum += *in;
      const int32_t mean = edgeml_multiply_by_quantized_multiplier(sum, params->multiplier, params->shift);
      *y++ = (int8_t)(edgeml_clamp_s32(mean, -128 - zero, 127 - zero) + zero);
    }
  }
}
