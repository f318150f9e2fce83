#include "dequantize_s16_f32.h"

void edgeml_dequantize_s16_f32(const edgeml_dequantize_s16_f32_params *restrict params, const int16_t *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = (float)(x[i] - params->zero_point) * params->scale;
}
