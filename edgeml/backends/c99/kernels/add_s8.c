#include "add_s8.h"

#include "requantize.h"

#define EDGEML_KERNEL edgeml_add_s8
#define EDGEML_PARAMS edgeml_add_s8_params
#define EDGEML_OPERAND int8_t
#define EDGEML_RESULT int8_t

static inline int8_t apply(const EDGEML_PARAMS *params, int8_t a, int8_t b) {
  /* an arithmetic shift, as every compiler for these cores does it */
  const int32_t sum = (params->bias + a * params->a_multiplier + b * params->b_multiplier) >> params->shift;
  return (int8_t)edgeml_clamp_s32(sum + params->output_zero_point, params->activation_min, params->activation_max);
}

#include "binary_loop.h"
