#include "select_any.h"

void edgeml_select_any(const edgeml_select_any_params *params, const uint8_t *restrict condition,
                       const void *restrict a, const void *restrict b, void *restrict y) {
  const int32_t *const n = params->shape, *const sc = params->stride_condition, size = params->element_size;
  const int32_t *const sa = params->stride_a, *const sb = params->stride_b;
  const uint8_t *const left = a, *const right = b;
  uint8_t *out = y;
  for (int32_t i = 0; i < n[0]; ++i)
    for (int32_t j = 0; j < n[1]; ++j)
      for (int32_t k = 0; k < n[2]; ++k)
        for (int32_t l = 0; l < n[3]; ++l) {
          const uint8_t *from = condition[i * sc[0] + j * sc[1] + k * sc[2] + l * sc[3]] != 0
                                    ? left + size * (i * sa[0] + j * sa[1] + k * sa[2] + l * sa[3])
                                    : right + size * (i * sb[0] + j * sb[1] + k * sb[2] + l * sb[3]);
          for (int32_t byte = 0; byte < size; ++byte) *out++ = *from++;
        }
}
