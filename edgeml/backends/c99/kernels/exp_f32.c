#include "exp_f32.h"

#include "math_f32.h"

void edgeml_exp_f32(const edgeml_exp_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = edgeml_expf(x[i]);
}
