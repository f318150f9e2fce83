/* x above 0, alpha * x below, float32. */
#ifndef EDGEML_LEAKY_RELU_F32_H
#define EDGEML_LEAKY_RELU_F32_H

#include <stdint.h>

typedef struct {
  int32_t size;
  float alpha;
} edgeml_leaky_relu_f32_params;

/* x (size), y (size), which may be the same. */
void edgeml_leaky_relu_f32(const edgeml_leaky_relu_f32_params *params, const float *x, float *y);

#endif
