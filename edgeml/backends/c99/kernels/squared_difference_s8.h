/* Elementwise squared difference with broadcasting, int8, in fixed point. */
#ifndef EDGEML_SQUARED_DIFFERENCE_S8_H
#define EDGEML_SQUARED_DIFFERENCE_S8_H

#include <stdint.h>

typedef struct {
  int32_t shape[4];                 /* of y */
  int32_t stride_a[4], stride_b[4]; /* elements; 0 where the operand is broadcast, see broadcast.h */
  int32_t a_zero_point, b_zero_point, output_zero_point;
  int32_t a_multiplier, a_shift, b_multiplier, b_shift; /* a's and b's scale / common step, at most 1/2 */
  int32_t output_multiplier, output_shift;              /* common step^2 / 2^14 / output scale, below 1 */
} edgeml_squared_difference_s8_params;

/* Both operands become the common step / 128, and the square of their difference the step of y. */
void edgeml_squared_difference_s8(const edgeml_squared_difference_s8_params *params, const int8_t *a,
                                  const int8_t *b, int8_t *y);

#endif
