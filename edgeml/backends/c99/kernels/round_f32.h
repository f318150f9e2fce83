/* The nearest integer, half to even, float32. */
#ifndef EDGEML_ROUND_F32_H
#define EDGEML_ROUND_F32_H

#include "unary_f32.h"

typedef edgeml_unary_f32_params edgeml_round_f32_params;

/* x (size), y (size), which may be the same. */
void edgeml_round_f32(const edgeml_round_f32_params *params, const float *x, float *y);

#endif
