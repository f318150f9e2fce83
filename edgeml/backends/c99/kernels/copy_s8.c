#include "copy_s8.h"

void edgeml_copy_s8(const edgeml_copy_s8_params *params, const int8_t *restrict x, int8_t *restrict y) {
  for (int32_t i = 0; i < params->size; ++i) y[i] = x[i];
}
