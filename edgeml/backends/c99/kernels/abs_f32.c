#include "abs_f32.h"

void edgeml_abs_f32(const edgeml_abs_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = x[i] < 0.0f ? -x[i] : x[i];
}
