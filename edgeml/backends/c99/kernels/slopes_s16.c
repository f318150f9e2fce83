#include "slopes_s16.h"

#include "fixed_point.h"
#include "requantize.h"

void edgeml_slopes_s16(const edgeml_slopes_s16_params *restrict params, const int16_t *x, int16_t *y) {
  for (int32_t i = 0; i < params->size; ++i) {
    const int32_t multiplier = x[i] < 0 ? params->multiplier_below : params->multiplier;
    const int32_t shift = x[i] < 0 ? params->shift_below : params->shift;
    const int32_t steps = edgeml_multiply_by_quantized_multiplier(x[i], multiplier, shift);
    y[i] = (int16_t)edgeml_clamp_s32(steps, params->activation_min, params->activation_max);
  }
}
