/* Leaky rectifier whose slope is an operand; with broadcasting, int8, in fixed point. */
#ifndef EDGEML_PRELU_S8_H
#define EDGEML_PRELU_S8_H

#include <stdint.h>

typedef struct {
  int32_t shape[4];                 /* of y */
  int32_t stride_a[4], stride_b[4]; /* elements; 0 where the operand is broadcast, see broadcast.h */
  int32_t a_zero_point, b_zero_point, output_zero_point;
  int32_t above_multiplier, above_shift; /* a's scale / y's scale, see fixed_point.h */
  int32_t below_multiplier, below_shift; /* a's scale * b's scale / y's scale */
} edgeml_prelu_s8_params;

/* y = a above 0, a * b below, each rescaled by a factor of its own. */
void edgeml_prelu_s8(const edgeml_prelu_s8_params *params, const int8_t *a, const int8_t *b, int8_t *y);

#endif
