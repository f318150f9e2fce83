#include "erf_f32.h"

#include "math_f32.h"

void edgeml_erf_f32(const edgeml_erf_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = edgeml_erff(x[i]);
}
