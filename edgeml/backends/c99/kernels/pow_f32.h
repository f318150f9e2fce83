/* Elementwise power with broadcasting, float32. */
#ifndef EDGEML_POW_F32_H
#define EDGEML_POW_F32_H

#include "broadcast.h"

typedef edgeml_broadcast_params edgeml_pow_f32_params;

/* y = a^b; errors as in power_f32.h. */
void edgeml_pow_f32(const edgeml_pow_f32_params *params, const float *a, const float *b, float *y);

#endif
