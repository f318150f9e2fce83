/* x above 0, exp(x) - 1 below, float32. */
#ifndef EDGEML_ELU_F32_H
#define EDGEML_ELU_F32_H

#include "unary_f32.h"

typedef edgeml_unary_f32_params edgeml_elu_f32_params;

/* x (size), y (size), which may be the same; errors as in math_f32.h. */
void edgeml_elu_f32(const edgeml_elu_f32_params *params, const float *x, float *y);

#endif
