#include "squared_difference_s8.h"

#include "fixed_point.h"
#include "requantize.h"

#define EDGEML_KERNEL edgeml_squared_difference_s8
#define EDGEML_PARAMS edgeml_squared_difference_s8_params
#define EDGEML_OPERAND int8_t
#define EDGEML_RESULT int8_t

static inline int8_t apply(const EDGEML_PARAMS *params, int8_t a, int8_t b) {
  const int32_t left = edgeml_multiply_by_quantized_multiplier((a - params->a_zero_point) * 128, params->a_multiplier,
                                                               params->a_shift);
  const int32_t right = edgeml_multiply_by_quantized_multiplier((b - params->b_zero_point) * 128, params->b_multiplier,
                                                                params->b_shift);
  const int32_t square = (left - right) * (left - right);
  const int32_t steps =
      edgeml_multiply_by_quantized_multiplier(square, params->output_multiplier, params->output_shift);
  return (int8_t)edgeml_clamp_s32(steps + params->output_zero_point, -128, 127);
}

#include "binary_loop.h"
