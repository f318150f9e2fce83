#include "concatenation_any.h"

#include "elements.h"

void edgeml_concatenation_any(const edgeml_concatenation_any_params *params, const void *const inputs[],
                              const int32_t *restrict inner, void *restrict y) {
  const int32_t size = params->element_size;
  uint8_t *to = (uint8_t *)y;
  for (int32_t o = 0; o < params->outer; ++o) {
    for (int32_t i = 0; i < params->inputs; ++i) {
      const int32_t bytes = inner[i] * size;
      edgeml_copy_elements(to, (const uint8_t *)inputs[i] + o * bytes, inner[i], size);
      to += bytes;
    }
  }
}
