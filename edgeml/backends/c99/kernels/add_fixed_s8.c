#include "add_fixed_s8.h"

#include "broadcast.h"
#include "fixed_point.h"
#include "requantize.h"

static int8_t apply(const edgeml_add_fixed_s8_params *p, int8_t a, int8_t b) {
  const int32_t left = (a - p->a_zero_point) * (1 << 20), right = (b - p->b_zero_point) * (1 << 20);
  const int32_t sum = edgeml_multiply_by_quantized_multiplier(left, p->a_multiplier, p->a_shift) +
                      p->sign * edgeml_multiply_by_quantized_multiplier(right, p->b_multiplier, p->b_shift);
  const int32_t steps = edgeml_multiply_by_quantized_multiplier(sum, p->output_multiplier, p->output_shift);
  return (int8_t)edgeml_clamp_s32(steps + p->output_zero_point, p->activation_min, p->activation_max);
}

static int8_t *row(const edgeml_add_fixed_s8_params *p, const int8_t *restrict a, int32_t step_a,
                   const int8_t *restrict b, int32_t step_b, int8_t *restrict y, int32_t count) {
  for (; count > 0; --count, a += step_a, b += step_b) *y++ = apply(p, *a, *b);
  return y;
}

void edgeml_add_fixed_s8(const edgeml_add_fixed_s8_params *params, const int8_t *restrict a, const int8_t *restrict b,
                         int8_t *restrict y) {
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
