/* Softmax over rows, float32. */
#ifndef EDGEML_SOFTMAX_F32_H
#define EDGEML_SOFTMAX_F32_H

#include <stdint.h>

typedef struct {
  int32_t rows, depth;
  float beta; /* factor of x */
} edgeml_softmax_f32_params;

/* x (rows, depth), y (rows, depth). */
void edgeml_softmax_f32(const edgeml_softmax_f32_params *params, const float *x, float *y);

#endif
