#include "arg_s8.h"

#include "elements.h"

void edgeml_arg_s8(const edgeml_arg_s8_params *params, const int8_t *restrict x, void *restrict y) {
  const int32_t inner = params->inner;
  int32_t to = 0;
  for (int32_t o = 0; o < params->outer; ++o, x += params->size * inner) {
    for (int32_t i = 0; i < inner; ++i, ++to) {
      int8_t best = x[i];
      int32_t index = 0;
      for (int32_t k = 1; k < params->size; ++k) {
        const int8_t value = x[k * inner + i];
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
