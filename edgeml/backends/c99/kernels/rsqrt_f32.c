#include "rsqrt_f32.h"

#include "root_f32.h"

void edgeml_rsqrt_f32(const edgeml_rsqrt_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = 1.0f / edgeml_sqrtf(x[i]);
}
