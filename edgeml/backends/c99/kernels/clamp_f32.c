#include "clamp_f32.h"

void edgeml_clamp_f32(const edgeml_clamp_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) {
    float v = x[i];
    v = v < params->activation_min ? params->activation_min : v;
    y[i] = v > params->activation_max ? params->activation_max : v;
  }
}
