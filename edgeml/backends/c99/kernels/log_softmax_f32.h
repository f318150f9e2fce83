/* Logarithm of softmax over rows, float32. */
#ifndef EDGEML_LOG_SOFTMAX_F32_H
#define EDGEML_LOG_SOFTMAX_F32_H

#include <stdint.h>

typedef struct {
  int32_t rows, depth;
} edgeml_log_softmax_f32_params;

/* x (rows, depth), y (rows, depth), which may be the same: y = (x - max) - ln(sum of exp(x - max)). */
void edgeml_log_softmax_f32(const edgeml_log_softmax_f32_params *params, const float *x, float *y);

#endif
