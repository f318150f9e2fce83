#include "fully_connected_f32.h"

#include <stddef.h>

void edgeml_fully_connected_f32(const edgeml_fully_connected_f32_params *params, const float *x,
                                const float *restrict w, const float *restrict bias, float *y) {
  const int32_t size = params->input_size;
  for (int32_t n = 0; n < params->batches; ++n, x += size) {
    const float *row = w;
    for (int32_t o = 0; o < params->output_size; ++o, row += size) {
      float sum = 0.0f;
      for (int32_t i = 0; i < size; ++i) sum += x[i] * row[i];
      if (bias != NULL) sum += bias[o];
      sum = sum < params->activation_min ? params->activation_min : sum;
      *y++ = sum > params->activation_max ? params->activation_max : sum;
    }
  }
}
