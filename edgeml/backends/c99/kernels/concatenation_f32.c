#include "concatenation_f32.h"

void edgeml_concatenation_f32(const edgeml_concatenation_f32_params *params, const float *const inputs[],
                              float *restrict y) {
  for (int32_t o = 0; o < params->outer; ++o) {
    for (int32_t i = 0; i < params->inputs; ++i) {
      const int32_t count = params->inner[i];
      const float *in = inputs[i] + o * count;
      for (int32_t j = 0; j < count; ++j) *y++ = in[j];
    }
  }
}
