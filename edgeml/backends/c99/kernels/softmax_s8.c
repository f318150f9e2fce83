#include "softmax_s8.h"

#include "requantize.h"

void edgeml_softmax_s8(const edgeml_softmax_s8_params *params, const int8_t *restrict x, const float *restrict table,
                       int8_t *restrict y) {
  const int32_t depth = params->depth;
  for (int32_t r = 0; r < params->rows; ++r, x += depth, y += depth) {
    int32_t largest = x[0];
    for (int32_t i = 1; i < depth; ++i) largest = x[i] > largest ? x[i] : largest;
    const float *const exponential = table + (255 - largest);
    float sum = 0.0f;
    for (int32_t i = 0; i < depth; ++i) sum += exponential[x[i]];
    const float inverse = 1.0f / (sum * params->output_scale);
    for (int32_t i = 0; i < depth; ++i)
      y[i] = (int8_t)edgeml_round_s8(exponential[x[i]] * inverse, params->output_zero_point, -128, 127);
  }
}
