#include "quantize_f32_s8.h"

#include "requantize.h"

void edgeml_quantize_f32_s8(const edgeml_quantize_f32_s8_params *restrict params, const float *x, int8_t *y) {
  for (int32_t i = 0; i < params->size; ++i)
    y[i] = (int8_t)edgeml_round_s8(x[i] * params->inverse_scale, params->zero_point, -128, 127);
}
