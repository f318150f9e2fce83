/* Elementwise product with broadcasting, int8. */
#ifndef EDGEML_MUL_S8_H
#define EDGEML_MUL_S8_H

#include <stdint.h>

#include "numerics.h"

typedef struct {
  int32_t shape[4];                 /* of y */
  int32_t stride_a[4], stride_b[4]; /* elements; 0 where the operand is broadcast */
  int32_t a_zero_point, b_zero_point, output_zero_point;
  edgeml_scale scale; /* a's scale * b's scale / y's scale */
  int32_t activation_min, activation_max;
} edgeml_mul_s8_params;

/* y = requantised (a - a_zero_point) * (b - b_zero_point). */
void edgeml_mul_s8(const edgeml_mul_s8_params *params, const int8_t *a, const int8_t *b, int8_t *y);

#endif
