/* Elementwise quotient with broadcasting, float32. */
#ifndef EDGEML_DIV_F32_H
#define EDGEML_DIV_F32_H

#include "binary_f32.h"

typedef edgeml_binary_f32_params edgeml_div_f32_params;

/* y = clamp(a / b). */
void edgeml_div_f32(const edgeml_div_f32_params *params, const float *a, const float *b, float *y);

#endif
