/* Elementwise product with broadcasting, int16. */
#ifndef EDGEML_MUL_S16_H
#define EDGEML_MUL_S16_H

#include <stdint.h>

typedef struct {
  int32_t shape[4];                 /* of y */
  int32_t stride_a[4], stride_b[4]; /* elements; 0 where the operand is broadcast */
  int32_t multiplier, shift;        /* a's scale * b's scale / y's scale, times 2^(31 - shift) */
  int32_t activation_min, activation_max;
} edgeml_mul_s16_params;

/* y = a * b * multiplier * 2^(shift - 31), rounded twice. */
void edgeml_mul_s16(const edgeml_mul_s16_params *params, const int16_t *a, const int16_t *b, int16_t *y);

#endif
