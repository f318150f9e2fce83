#include "arg_f32.h"

#include "elements.h"

void edgeml_arg_f32(const edgeml_arg_f32_params *params, const float *restrict x, void *restrict y) {
  const int32_t inner = params->inner;
  int32_t to = 0;
  for (int32_t o = 0; o < params->outer; ++o, x += params->size * inner) {
    for (int32_t i = 0; i < inner; ++i, ++to) {
      float best = x[i];
      int32_t index = 0;
      for (int32_t k = 1; k < params->size; ++k) {
        const float value = x[k * inner + i];
        if (params->smallest != 0 ? value < best : value > best) {
          best = value;
          index = k;
        }
      }
      if (params->index_size == 8)
        ((edgeml_int64 *)y)[to] = index;
      else
        ((int32_t *)y)[to] = index;
    }
  }
}
