#include "softmax_s8.h"

#include "requantize.h"

void edgeml_softmax_s8(const edgeml_softmax_s8_params *params, const int8_t *x, const float *restrict table,
                       int8_t *y) {
  const int32_t depth = params->depth;
  for (int32_t r = 0; r < params->rows; ++r, x += depth, y += depth) {
    int32_t largest = x[0];
    for (int32_t i = 1; i < depth; ++i) largest = x[i] > largest ? x[i] : largest;
    const float *const exponential = table + (255 - largest);
    float sum = 0.0f;
    for (int32_t i = 0; i < depth; ++i) sum += exponential[x[i]];
    const float inverse = 1.0f / (sum * params->output_scale);
    for (int32_t i = 0; i < depth; ++i) {
      /* half up; at most 1 / output_scale, so the conversion is in range */
      const float real = exponential[x[i]] * inverse;
      int32_t steps = (int32_t)real;
      if (real - (float)steps >= 0.5f) ++steps;
      y[i] = (int8_t)edgeml_clamp_s32(steps + params->output_zero_point, -128, 127);
    }
  }
}
