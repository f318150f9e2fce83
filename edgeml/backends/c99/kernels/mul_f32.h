/* Elementwise product with broadcasting, float32. */
#ifndef EDGEML_MUL_F32_H
#define EDGEML_MUL_F32_H

#include "binary_f32.h"

typedef edgeml_binary_f32_params edgeml_mul_f32_params;

/* y = clamp(a * b). */
void edgeml_mul_f32(const edgeml_mul_f32_params *params, const float *a, const float *b, float *y);

#endif
