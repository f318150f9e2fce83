/* x * clamp(x + 3, 0, 6) / 6, float32. */
#ifndef EDGEML_HARD_SWISH_F32_H
#define EDGEML_HARD_SWISH_F32_H

#include "unary_f32.h"

typedef edgeml_unary_f32_params edgeml_hard_swish_f32_params;

/* x (size), y (size), which may be the same. */
void edgeml_hard_swish_f32(const edgeml_hard_swish_f32_params *params, const float *x, float *y);

#endif
