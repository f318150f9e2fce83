/* Elementwise remainder with the sign of b, with broadcasting, float32. */
#ifndef EDGEML_FLOOR_MOD_F32_H
#define EDGEML_FLOOR_MOD_F32_H

#include "broadcast.h"

typedef edgeml_broadcast_params edgeml_floor_mod_f32_params;

/* y = a - b * floor(a / b), exact but for one rounding. */
void edgeml_floor_mod_f32(const edgeml_floor_mod_f32_params *params, const float *a, const float *b, float *y);

#endif
