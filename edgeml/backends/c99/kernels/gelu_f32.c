#include "gelu_f32.h"

#include "math_f32.h"

void edgeml_gelu_f32(const edgeml_gelu_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = 0.5f * x[i] * (1.0f + edgeml_erff(x[i] * 0.707106781f));
}
