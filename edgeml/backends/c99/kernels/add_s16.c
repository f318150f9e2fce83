#include "add_s16.h"

#include "fixed_point.h"
#include "requantize.h"

#define EDGEML_KERNEL edgeml_add_s16
#define EDGEML_PARAMS edgeml_add_s16_params
#define EDGEML_OPERAND int16_t
#define EDGEML_RESULT int16_t

/* x * multiplier * 2^(shift - 31) of an operand: rounded half up once in a sum, twice in a difference, as LiteRT does. */
static inline int32_t rescale(int32_t x, int32_t multiplier, int32_t shift, int32_t sign) {
  if (sign < 0) return edgeml_multiply_by_quantized_multiplier(x, multiplier, shift);
  return (int32_t)(((int64_t)x * multiplier + ((int64_t)1 << (30 - shift))) >> (31 - shift));
}

static inline int16_t apply(const EDGEML_PARAMS *p, int16_t a, int16_t b) {
  const int32_t left = a * (1 << 15), right = b * (1 << 15);
  const int32_t sum = rescale(left, p->a_multiplier, p->a_shift, p->sign) +
                      p->sign * rescale(right, p->b_multiplier, p->b_shift, p->sign);
  const int32_t steps = edgeml_multiply_by_quantized_multiplier(sum, p->output_multiplier, p->output_shift);
  return (int16_t)edgeml_clamp_s32(steps, p->activation_min, p->activation_max);
}

#include "binary_loop.h"
