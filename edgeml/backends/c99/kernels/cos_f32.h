/* cos(x), float32. */
#ifndef EDGEML_COS_F32_H
#define EDGEML_COS_F32_H

#include "unary_f32.h"

typedef edgeml_unary_f32_params edgeml_cos_f32_params;

/* x (size), y (size), which may be the same; errors as in trigonometry_f32.h. */
void edgeml_cos_f32(const edgeml_cos_f32_params *params, const float *x, float *y);

#endif
