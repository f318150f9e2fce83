#include "sin_f32.h"

#include "trigonometry_f32.h"

void edgeml_sin_f32(const edgeml_sin_f32_params *params, const float *x, float *y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = edgeml_sine_f32(x[i], 0u);
}
