/* -1, 0 or 1, float32. */
#ifndef EDGEML_SIGN_F32_H
#define EDGEML_SIGN_F32_H

#include "unary_f32.h"

typedef edgeml_unary_f32_params edgeml_sign_f32_params;

/* x (size), y (size), which may be the same. */
void edgeml_sign_f32(const edgeml_sign_f32_params *params, const float *x, float *y);

#endif
