/* Hyperbolic tangent, float32. */
#ifndef EDGEML_TANH_F32_H
#define EDGEML_TANH_F32_H

#include "unary_f32.h"

typedef edgeml_unary_f32_params edgeml_tanh_f32_params;

/* x (size), y (size); errors as in math_f32.h. */
void edgeml_tanh_f32(const edgeml_tanh_f32_params *params, const float *x, float *y);

#endif
