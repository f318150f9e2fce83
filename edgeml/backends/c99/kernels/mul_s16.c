#include "mul_s16.h"

#include "fixed_point.h"
#include "requantize.h"

#define EDGEML_KERNEL edgeml_mul_s16
#define EDGEML_PARAMS edgeml_mul_s16_params
#define EDGEML_OPERAND int16_t
#define EDGEML_RESULT int16_t

static inline int16_t apply(const EDGEML_PARAMS *params, int16_t a, int16_t b) {
  const int32_t steps = edgeml_multiply_by_quantized_multiplier(a * b, params->multiplier, params->shift);
  return (int16_t)edgeml_clamp_s32(steps, params->activation_min, params->activation_max);
}

#include "binary_loop.h"
