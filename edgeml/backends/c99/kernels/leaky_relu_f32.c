#include "leaky_relu_f32.h"

void edgeml_leaky_relu_f32(const edgeml_leaky_relu_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = x[i] < 0.0f ? x[i] * params->alpha : x[i];
}
