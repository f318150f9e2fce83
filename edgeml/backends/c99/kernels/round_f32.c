#include "round_f32.h"

#include "integral_f32.h"

void edgeml_round_f32(const edgeml_round_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = edgeml_rintf(x[i]);
}
