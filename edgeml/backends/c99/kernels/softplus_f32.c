#include "softplus_f32.h"

#include "power_f32.h"

void edgeml_softplus_f32(const edgeml_softplus_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) {
    const float positive = x[i] > 0.0f ? x[i] : 0.0f;
    y[i] = positive + edgeml_log1pf(edgeml_expf(x[i] < 0.0f ? x[i] : -x[i]));
  }
}
