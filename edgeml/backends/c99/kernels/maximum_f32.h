/* Elementwise maximum with broadcasting, float32. */
#ifndef EDGEML_MAXIMUM_F32_H
#define EDGEML_MAXIMUM_F32_H

#include "broadcast.h"

typedef edgeml_broadcast_params edgeml_maximum_f32_params;

/* y = b > a ? b : a. */
void edgeml_maximum_f32(const edgeml_maximum_f32_params *params, const float *a, const float *b, float *y);

#endif
