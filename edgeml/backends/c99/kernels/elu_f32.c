#include "elu_f32.h"

#include "math_f32.h"

void edgeml_elu_f32(const edgeml_elu_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = x[i] < 0.0f ? edgeml_expm1f(x[i]) : x[i];
}
