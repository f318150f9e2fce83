/* The error function, float32. */
#ifndef EDGEML_ERF_F32_H
#define EDGEML_ERF_F32_H

#include "unary_f32.h"

typedef edgeml_unary_f32_params edgeml_erf_f32_params;

/* x (size), y (size), which may be the same; errors as in math_f32.h. */
void edgeml_erf_f32(const edgeml_erf_f32_params *params, const float *x, float *y);

#endif
