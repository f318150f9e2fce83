#include "quantize_f32_s16.h"

#include "requantize.h"

void edgeml_quantize_f32_s16(const edgeml_quantize_f32_s16_params *restrict params, const float *x, int16_t *y) {
  for (int32_t i = 0; i < params->size; ++i)
    y[i] = (int16_t)edgeml_round_s8(x[i] * params->inverse_scale, 0, -32768, 32767);
}
