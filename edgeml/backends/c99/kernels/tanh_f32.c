#include "tanh_f32.h"

#include "math_f32.h"

void edgeml_tanh_f32(const edgeml_tanh_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = edgeml_tanhf(x[i]);
}
