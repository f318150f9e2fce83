#include "add_s16.h"

#include "fixed_point.h"
#include "requantize.h"

#define EDGEML_KERNEL edgeml_add_s16
#define EDGEML_PARAMS edgeml_add_s16_params
#define EDGEML_OPERAND int16_t
#define EDGEML_RESULT int16_t

static inline int16_t apply(const EDGEML_PARAMS *p, int16_t a, int16_t b) {
  const int32_t left = a * (1 << 15), right = b * (1 << 15);
  const int32_t sum = edgeml_multiply_by_quantized_multiplier(left, p->a_multiplier, p->a_shift) +
                      p->sign * edgeml_multiply_by_quantized_multiplier(right, p->b_multiplier, p->b_shift);
  const int32_t steps = edgeml_multiply_by_quantized_multiplier(sum, p->output_multiplier, p->output_shift);
  return (int16_t)edgeml_clamp_s32(steps, p->activation_min, p->activation_max);
}

#include "binary_loop.h"
