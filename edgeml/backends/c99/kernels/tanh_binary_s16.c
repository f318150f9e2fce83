#include "tanh_binary_s16.h"

#include "fixed_point_s16.h"

void edgeml_tanh_binary_s16(const edgeml_tanh_binary_s16_params *restrict params, const int16_t *x, int16_t *y) {
  for (int32_t i = 0; i < params->size; ++i) {
    const int32_t value = edgeml_saturate_s16(x[i] * (1 << params->shift));
    y[i] = edgeml_tanh_s16(value, 3);
  }
}
