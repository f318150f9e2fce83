#include "log_f32.h"

#include "power_f32.h"

void edgeml_log_f32(const edgeml_log_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = edgeml_logf(x[i]);
}
