#include "reduce_fixed_s8.h"

#include "fixed_point.h"
#include "reduce.h"
#include "requantize.h"

void edgeml_reduce_fixed_s8(const edgeml_reduce_fixed_s8_params *params, const int8_t *restrict x, int8_t *restrict y) {
  const int32_t zero = params->output_zero_point;
  EDGEML_FOR_KEPT(params, int8_t, x, first, {
    int32_t sum = params->start;
    EDGEML_FOR_REDUCED(params, int8_t, first, value, { sum += value; })
    const int32_t steps = edgeml_multiply_by_quantized_multiplier(sum, params->multiplier, params->shift);
    *y++ = (int8_t)(edgeml_clamp_s32(steps, -128 - zero, 127 - zero) + zero);
  })
}
