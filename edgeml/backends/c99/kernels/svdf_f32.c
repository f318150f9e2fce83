#include "svdf_f32.h"

#include <stddef.h>

void edgeml_svdf_f32(const edgeml_svdf_f32_params *params, const float *x, const float *feature, const float *time,
                     const float *bias, const float *state, float *y, float *next) {
  const int32_t size = params->input_size, memory = params->memory, rank = params->rank;
  for (int32_t b = 0; b < params->batches; ++b, x += size) {
    const float *f = feature, *t = time;
    for (int32_t unit = 0; unit < params->filters / rank; ++unit) {
      float sum = 0.0f;
      for (int32_t r = 0; r < rank; ++r, state += memory, next += memory, t += memory, f += size) {
        float value = 0.0f, total = 0.0f;
        for (int32_t i = 0; i < size; ++i) value += x[i] * f[i];
        /* upwards, so that state and next may be one buffer */
        for (int32_t m = 0; m + 1 < memory; ++m) {
          next[m] = state[m + 1];
          total += next[m] * t[m];
        }
        next[memory - 1] = value;
        sum += total + value * t[memory - 1];
      }
      if (bias != NULL) sum += bias[unit];
      sum = sum < params->activation_min ? params->activation_min : sum;
      *y++ = sum > params->activation_max ? params->activation_max : sum;
    }
  }
}
