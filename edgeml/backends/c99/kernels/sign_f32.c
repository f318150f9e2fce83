#include "sign_f32.h"

void edgeml_sign_f32(const edgeml_sign_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = (float)((x[i] > 0.0f) - (x[i] < 0.0f));
}
