/* -x, float32. */
#ifndef EDGEML_NEG_F32_H
#define EDGEML_NEG_F32_H

#include "unary_f32.h"

typedef edgeml_unary_f32_params edgeml_neg_f32_params;

/* x (size), y (size), which may be the same. */
void edgeml_neg_f32(const edgeml_neg_f32_params *params, const float *x, float *y);

#endif
