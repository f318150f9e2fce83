/* 1 / (1 + exp(-x)), float32. */
#ifndef EDGEML_LOGISTIC_F32_H
#define EDGEML_LOGISTIC_F32_H

#include "unary_f32.h"

typedef edgeml_unary_f32_params edgeml_logistic_f32_params;

/* x (size), y (size); errors as in math_f32.h. */
void edgeml_logistic_f32(const edgeml_logistic_f32_params *params, const float *x, float *y);

#endif
