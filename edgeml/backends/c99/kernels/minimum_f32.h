/* Elementwise minimum with broadcasting, float32. */
#ifndef EDGEML_MINIMUM_F32_H
#define EDGEML_MINIMUM_F32_H

#include "broadcast.h"

typedef edgeml_broadcast_params edgeml_minimum_f32_params;

/* y = b < a ? b : a. */
void edgeml_minimum_f32(const edgeml_minimum_f32_params *params, const float *a, const float *b, float *y);

#endif
