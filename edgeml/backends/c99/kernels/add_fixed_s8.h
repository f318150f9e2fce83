/* Elementwise sum or difference with broadcasting, int8, in fixed point: tflm numerics. */
#ifndef EDGEML_ADD_FIXED_S8_H
#define EDGEML_ADD_FIXED_S8_H

#include <stdint.h>

typedef struct {
  int32_t shape[4];                                         /* of y */
  int32_t stride_a[4], stride_b[4];                         /* elements; 0 where the operand is broadcast */
  int32_t a_zero_point, b_zero_point, output_zero_point;    /* -128..127 */
  int32_t a_multiplier, a_shift, b_multiplier, b_shift;     /* a's and b's scale / common step, at most 1/2 */
  int32_t output_multiplier, output_shift;                  /* common step / 2^20 / output scale, below 1 */
  int32_t sign;                                             /* 1: a + b, -1: a - b */
  int32_t activation_min, activation_max;
} edgeml_add_fixed_s8_params;

/* Operands without their zero points, times 2^20, become the common step, and their sum the output's; each of the
 * three products is rounded twice. */
void edgeml_add_fixed_s8(const edgeml_add_fixed_s8_params *params, const int8_t *a, const int8_t *b, int8_t *y);

#endif
