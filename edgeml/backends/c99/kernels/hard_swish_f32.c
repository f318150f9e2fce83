#include "hard_swish_f32.h"

void edgeml_hard_swish_f32(const edgeml_hard_swish_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) {
    float gate = x[i] + 3.0f;
    gate = gate < 0.0f ? 0.0f : gate;
    y[i] = x[i] * (gate > 6.0f ? 6.0f : gate) * (1.0f / 6.0f);
  }
}
