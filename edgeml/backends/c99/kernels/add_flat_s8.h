/* Sum of two int8 tensors of one size, for processors without packed arithmetic. */
#ifndef EDGEML_ADD_FLAT_S8_H
#define EDGEML_ADD_FLAT_S8_H

#include <stdint.h>

typedef struct {
  int32_t size;                       /* elements */
  int32_t a_multiplier, b_multiplier; /* 21 bits */
  int32_t bias, shift;                /* bias holds the rounding and all zero points */
} edgeml_add_flat_s8_params;

/* y = clamp((bias + a * a_multiplier + b * b_multiplier) >> shift, -128, 127); the sum fits in int32. y may be a or b, or
 * lie before them. */
void edgeml_add_flat_s8(const edgeml_add_flat_s8_params *params, const int8_t *a, const int8_t *b, int8_t *y);

#endif
