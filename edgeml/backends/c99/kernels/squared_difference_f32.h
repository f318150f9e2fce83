/* Elementwise squared difference with broadcasting, float32. */
#ifndef EDGEML_SQUARED_DIFFERENCE_F32_H
#define EDGEML_SQUARED_DIFFERENCE_F32_H

#include "broadcast.h"

typedef edgeml_broadcast_params edgeml_squared_difference_f32_params;

/* y = (a - b) * (a - b). */
void edgeml_squared_difference_f32(const edgeml_squared_difference_f32_params *params, const float *a,
                                   const float *b, float *y);

#endif
