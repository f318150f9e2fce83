#include "concatenation_s8.h"

void edgeml_concatenation_s8(const edgeml_concatenation_s8_params *params, const int8_t *const inputs[],
                             int8_t *restrict y) {
  for (int32_t o = 0; o < params->outer; ++o) {
    for (int32_t i = 0; i < params->inputs; ++i) {
      const int32_t count = params->inner[i];
      const int8_t *in = inputs[i] + o * count;
      for (int32_t j = 0; j < count; ++j) *y++ = in[j];
    }
  }
}
