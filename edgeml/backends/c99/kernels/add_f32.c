#include "add_f32.h"

#include "broadcast.h"

static float *row(const edgeml_add_f32_params *p, const float *restrict a, int32_t step_a, const float *restrict b,
                  int32_t step_b, float *restrict y, int32_t count) {
  for (; count > 0; --count, a += step_a, b += step_b) {
    float v = *a + *b;
    v = v < p->activation_min ? p->activation_min : v;
    *y++ = v > p->activation_max ? p->activation_max : v;
  }
  return y;
}

void edgeml_add_f32(const edgeml_add_f32_params *params, const float *restrict a, const float *restrict b,
                    float *restrict y) {
  const int32_t *const n = params->shape, *const sa = params->stride_a, *const sb = params->stride_b;
  if (edgeml_is_dense(n, sa) && edgeml_is_dense(n, sb)) {
    (void)row(params, a, 1, b, 1, y, params->elements);
    return;
  }
  for (int32_t i = 0; i < n[0]; ++i)
    for (int32_t j = 0; j < n[1]; ++j)
      for (int32_t k = 0; k < n[2]; ++k)
        y = row(params, a + i * sa[0] + j * sa[1] + k * sa[2], sa[3], b + i * sb[0] + j * sb[1] + k * sb[2], sb[3], y,
                n[3]);
}
