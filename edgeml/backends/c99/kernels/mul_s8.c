#include "mul_s8.h"

#include "requantize.h"

#define EDGEML_KERNEL edgeml_mul_s8
#define EDGEML_PARAMS edgeml_mul_s8_params
#define EDGEML_OPERAND int8_t
#define EDGEML_RESULT int8_t

static inline int8_t apply(const EDGEML_PARAMS *params, int8_t a, int8_t b) {
  const int32_t product = (a - params->a_zero_point) * (b - params->b_zero_point);
  return (int8_t)edgeml_requantize(product, params->scale, params->output_zero_point, params->activation_min,
                                   params->activation_max);
}

#include "binary_loop.h"
