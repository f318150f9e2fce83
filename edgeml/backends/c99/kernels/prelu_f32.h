/* Leaky rectifier whose slope is an operand, usually one for each channel; with broadcasting, float32. */
#ifndef EDGEML_PRELU_F32_H
#define EDGEML_PRELU_F32_H

#include "broadcast.h"

typedef edgeml_broadcast_params edgeml_prelu_f32_params;

/* y = a above 0, a * b below. */
void edgeml_prelu_f32(const edgeml_prelu_f32_params *params, const float *a, const float *b, float *y);

#endif
