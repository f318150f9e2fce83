#include "dequantize_s8_f32.h"

void edgeml_dequantize_s8_f32(const edgeml_dequantize_s8_f32_params *params, const int8_t *restrict x,
                              float *restrict y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = (float)(x[i] - params->zero_point) * params->scale;
}
