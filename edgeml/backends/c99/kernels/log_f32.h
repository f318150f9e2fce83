/* The natural logarithm, float32. */
#ifndef EDGEML_LOG_F32_H
#define EDGEML_LOG_F32_H

#include "unary_f32.h"

typedef edgeml_unary_f32_params edgeml_log_f32_params;

/* x (size), y (size), which may be the same; errors as in power_f32.h. */
void edgeml_log_f32(const edgeml_log_f32_params *params, const float *x, float *y);

#endif
