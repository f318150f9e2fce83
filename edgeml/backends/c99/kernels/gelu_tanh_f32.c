#include "gelu_tanh_f32.h"

#include "math_f32.h"

void edgeml_gelu_tanh_f32(const edgeml_gelu_tanh_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) {
    const float cubic = x[i] + 0.044715f * x[i] * x[i] * x[i];
    y[i] = 0.5f * x[i] * (1.0f + edgeml_tanhf(0.797884561f * cubic));
  }
}
