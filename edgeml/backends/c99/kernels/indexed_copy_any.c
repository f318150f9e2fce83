#include "indexed_copy_any.h"

#include "elements.h"

void edgeml_indexed_copy_any(const edgeml_indexed_copy_any_params *params, const void *restrict x,
                             const int32_t *restrict offsets, void *restrict y) {
  const int32_t *const shape = params->shape, size = params->element_size, bytes = params->run * size;
  const int32_t *const second = offsets + shape[0], *const third = second + shape[1], *const fourth = third + shape[2];
  uint8_t *to = (uint8_t *)y;
  for (int32_t i = 0; i < shape[0]; ++i) {
    for (int32_t j = 0; j < shape[1]; ++j) {
      for (int32_t k = 0; k < shape[2]; ++k) {
        const int32_t base = offsets[i] + second[j] + third[k];
        for (int32_t l = 0; l < shape[3]; ++l, to += bytes)
          edgeml_copy_elements(to, (const uint8_t *)x + (base + fourth[l]) * size, params->run, size);
      }
    }
  }
}
