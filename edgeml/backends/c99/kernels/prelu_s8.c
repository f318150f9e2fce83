#include "prelu_s8.h"

#include "fixed_point.h"
#include "requantize.h"

#define EDGEML_KERNEL edgeml_prelu_s8
#define EDGEML_PARAMS edgeml_prelu_s8_params
#define EDGEML_OPERAND int8_t
#define EDGEML_RESULT int8_t

static inline int8_t apply(const EDGEML_PARAMS *params, int8_t a, int8_t b) {
  const int32_t value = a - params->a_zero_point;
  const int32_t steps =
      value >= 0 ? edgeml_multiply_by_quantized_multiplier(value, params->above_multiplier, params->above_shift)
                 : edgeml_multiply_by_quantized_multiplier(value * (b - params->b_zero_point),
                                                           params->below_multiplier, params->below_shift);
  return (int8_t)edgeml_clamp_s32(steps + params->output_zero_point, -128, 127);
}

#include "binary_loop.h"
