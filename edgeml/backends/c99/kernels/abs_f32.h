/* |x|, float32. */
#ifndef EDGEML_ABS_F32_H
#define EDGEML_ABS_F32_H

#include "unary_f32.h"

typedef edgeml_unary_f32_params edgeml_abs_f32_params;

/* x (size), y (size), which may be the same. */
void edgeml_abs_f32(const edgeml_abs_f32_params *params, const float *x, float *y);

#endif
