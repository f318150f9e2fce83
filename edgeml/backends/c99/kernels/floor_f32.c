#include "floor_f32.h"

#include "integral_f32.h"

void edgeml_floor_f32(const edgeml_floor_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = edgeml_floorf(x[i]);
}
