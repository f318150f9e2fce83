/* GELU by its usual approximation with tanh, float32. */
#ifndef EDGEML_GELU_TANH_F32_H
#define EDGEML_GELU_TANH_F32_H

#include "unary_f32.h"

typedef edgeml_unary_f32_params edgeml_gelu_tanh_f32_params;

/* x (size), y (size), which may be the same: y = x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))). */
void edgeml_gelu_tanh_f32(const edgeml_gelu_tanh_f32_params *params, const float *x, float *y);

#endif
