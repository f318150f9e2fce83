/* float32 to int8 by division, halves away from zero: tflm numerics. */
#ifndef EDGEML_QUANTIZE_HALF_AWAY_F32_S8_H
#define EDGEML_QUANTIZE_HALF_AWAY_F32_S8_H

#include <stdint.h>

typedef struct {
  int32_t size;
  int32_t zero_point; /* -128..127 */
  float scale;        /* positive and finite */
} edgeml_quantize_half_away_f32_s8_params;

/* y = round(x / scale) + zero_point, saturated; NaN gives -128. */
void edgeml_quantize_half_away_f32_s8(const edgeml_quantize_half_away_f32_s8_params *params, const float *x, int8_t *y);

#endif
