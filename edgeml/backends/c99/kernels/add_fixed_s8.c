#include "add_fixed_s8.h"

#include "fixed_point.h"
#include "requantize.h"

#define EDGEML_KERNEL edgeml_add_fixed_s8
#define EDGEML_PARAMS edgeml_add_fixed_s8_params
#define EDGEML_OPERAND int8_t
#define EDGEML_RESULT int8_t

static inline int8_t apply(const EDGEML_PARAMS *p, int8_t a, int8_t b) {
  const int32_t left = (a - p->a_zero_point) * (1 << 20), right = (b - p->b_zero_point) * (1 << 20);
  const int32_t sum = edgeml_multiply_by_quantized_multiplier(left, p->a_multiplier, p->a_shift) +
                      p->sign * edgeml_multiply_by_quantized_multiplier(right, p->b_multiplier, p->b_shift);
  const int32_t steps = edgeml_multiply_by_quantized_multiplier(sum, p->output_multiplier, p->output_shift);
  return (int8_t)edgeml_clamp_s32(steps + p->output_zero_point, p->activation_min, p->activation_max);
}

#include "binary_loop.h"
