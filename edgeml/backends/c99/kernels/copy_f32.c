#include "copy_f32.h"

void edgeml_copy_f32(const edgeml_copy_f32_params *params, const float *restrict x, float *restrict y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = x[i];
}
