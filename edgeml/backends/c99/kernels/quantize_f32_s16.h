/* float32 to int16. */
#ifndef EDGEML_QUANTIZE_F32_S16_H
#define EDGEML_QUANTIZE_F32_S16_H

#include <stdint.h>

typedef struct {
  int32_t size;
  float inverse_scale;
} edgeml_quantize_f32_s16_params;

/* x (size), y (size): clamp(rint(x * inverse_scale)). */
void edgeml_quantize_f32_s16(const edgeml_quantize_f32_s16_params *params, const float *x, int16_t *y);

#endif
