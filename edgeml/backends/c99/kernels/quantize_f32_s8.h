/* float32 to int8. */
#ifndef EDGEML_QUANTIZE_F32_S8_H
#define EDGEML_QUANTIZE_F32_S8_H

#include <stdint.h>

typedef struct {
  int32_t size;
  int32_t zero_point;
  float inverse_scale;
} edgeml_quantize_f32_s8_params;

/* x (size), y (size): clamp(rint(x * inverse_scale) + zero_point). */
void edgeml_quantize_f32_s8(const edgeml_quantize_f32_s8_params *params, const float *x, int8_t *y);

#endif
