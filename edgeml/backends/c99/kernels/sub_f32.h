/* Elementwise difference with broadcasting, float32. */
#ifndef EDGEML_SUB_F32_H
#define EDGEML_SUB_F32_H

#include "binary_f32.h"

typedef edgeml_binary_f32_params edgeml_sub_f32_params;

/* y = clamp(a - b). */
void edgeml_sub_f32(const edgeml_sub_f32_params *params, const float *a, const float *b, float *y);

#endif
