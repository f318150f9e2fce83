#include "dequantize_s8_f32.h"

void edgeml_dequantize_s8_f32(const edgeml_dequantize_s8_f32_params *restrict params, const int8_t *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = (float)(x[i] - params->zero_point) * params->scale;
}
