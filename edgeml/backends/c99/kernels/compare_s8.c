#include "compare_s8.h"

#include "fixed_point.h"

#define EDGEML_KERNEL edgeml_compare_s8
#define EDGEML_PARAMS edgeml_compare_s8_params
#define EDGEML_OPERAND int8_t
#define EDGEML_RESULT uint8_t

static inline uint8_t apply(const EDGEML_PARAMS *params, int8_t a, int8_t b) {
  const int32_t left = edgeml_multiply_by_quantized_multiplier((a - params->a_zero_point) * 256, params->a_multiplier,
                                                               params->a_shift);
  const int32_t right = edgeml_multiply_by_quantized_multiplier((b - params->b_zero_point) * 256, params->b_multiplier,
                                                                params->b_shift);
  return (uint8_t)((params->accept & (left < right ? 1 : left == right ? 2 : 4)) != 0);
}

#include "binary_loop.h"
