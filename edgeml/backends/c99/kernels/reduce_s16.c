#include "reduce_s16.h"

#include "fixed_point.h"
#include "reduce.h"
#include "requantize.h"

void edgeml_reduce_s16(const edgeml_reduce_s16_params *params, const int16_t *restrict x, int16_t *restrict y) {
  EDGEML_FOR_KEPT(params, int16_t, x, first, {
    int32_t sum = 0;
    EDGEML_FOR_REDUCED(params, int16_t, first, value, { sum += value; })
    const int32_t steps = edgeml_multiply_by_quantized_multiplier(sum, params->multiplier, params->shift);
    *y++ = (int16_t)edgeml_clamp_s32(steps, -32768, 32767);
  })
}
