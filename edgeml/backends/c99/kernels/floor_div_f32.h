/* Elementwise quotient, rounded down, with broadcasting, float32. */
#ifndef EDGEML_FLOOR_DIV_F32_H
#define EDGEML_FLOOR_DIV_F32_H

#include "broadcast.h"

typedef edgeml_broadcast_params edgeml_floor_div_f32_params;

/* y = floor(a / b), of the rounded quotient. */
void edgeml_floor_div_f32(const edgeml_floor_div_f32_params *params, const float *a, const float *b, float *y);

#endif
