#include "neg_f32.h"

void edgeml_neg_f32(const edgeml_neg_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = -x[i];
}
