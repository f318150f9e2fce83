#include "gather_any.h"

#include "elements.h"

static int32_t index_at(const void *indices, int32_t i, int32_t index_size, int32_t size) {
  int64_t index = index_size == 8 ? ((const edgeml_int64 *)indices)[i] : ((const int32_t *)indices)[i];
  if (index < 0) index += size;
  return index < 0 ? 0 : index >= size ? size - 1 : (int32_t)index;
}

void edgeml_gather_any(const edgeml_gather_any_params *params, const void *restrict x, const void *restrict indices,
                       void *restrict y) {
  const int32_t inner = params->inner, bytes = inner * params->element_size;
  const uint8_t *from = (const uint8_t *)x;
  uint8_t *to = (uint8_t *)y;
  for (int32_t b = 0; b < params->batch; ++b) {
    for (int32_t o = 0; o < params->outer; ++o, from += params->size * bytes) {
      for (int32_t i = 0; i < params->count; ++i, to += bytes) {
        const int32_t index = index_at(indices, b * params->count + i, params->index_size, params->size);
        edgeml_copy_elements(to, from + index * bytes, inner, params->element_size);
      }
    }
  }
}
