/* int16 to float32. */
#ifndef EDGEML_DEQUANTIZE_S16_F32_H
#define EDGEML_DEQUANTIZE_S16_F32_H

#include <stdint.h>

typedef struct {
  int32_t size;
  int32_t zero_point;
  float scale;
} edgeml_dequantize_s16_f32_params;

/* x (size), y (size): (x - zero_point) * scale. */
void edgeml_dequantize_s16_f32(const edgeml_dequantize_s16_f32_params *params, const int16_t *x, float *y);

#endif
