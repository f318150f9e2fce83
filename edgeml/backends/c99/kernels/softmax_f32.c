#include "softmax_f32.h"

#include "math_f32.h"

void edgeml_softmax_f32(const edgeml_softmax_f32_params *params, const float *x, float *y) {
  const int32_t depth = params->depth;
  for (int32_t r = 0; r < params->rows; ++r, x += depth, y += depth) {
    float largest = x[0], sum = 0.0f;
    for (int32_t i = 1; i < depth; ++i) largest = x[i] > largest ? x[i] : largest;
    for (int32_t i = 0; i < depth; ++i) {
      y[i] = edgeml_expf((x[i] - largest) * params->beta);
      sum += y[i];
    }
    for (int32_t i = 0; i < depth; ++i) y[i] /= sum;
  }
}
