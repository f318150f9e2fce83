/* Elementwise sum or difference with broadcasting, int16, in fixed point. */
#ifndef EDGEML_ADD_S16_H
#define EDGEML_ADD_S16_H

#include <stdint.h>

typedef struct {
  int32_t shape[4];                                     /* of y */
  int32_t stride_a[4], stride_b[4];                     /* elements; 0 where the operand is broadcast */
  int32_t a_multiplier, a_shift, b_multiplier, b_shift; /* a's and b's scale / common step, at most 1/2 */
  int32_t output_multiplier, output_shift;              /* common step / 2^15 / output scale */
  int32_t sign;                                         /* 1: a + b, -1: a - b */
  int32_t activation_min, activation_max;
} edgeml_add_s16_params;

/* Operands times 2^15 become the common step, and their sum the output's. The operands' products are rounded once
 * in a sum and twice in a difference, the output's twice. */
void edgeml_add_s16(const edgeml_add_s16_params *params, const int16_t *a, const int16_t *b, int16_t *y);

#endif
