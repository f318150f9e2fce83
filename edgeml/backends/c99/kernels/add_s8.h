/* Elementwise sum with broadcasting, int8. */
#ifndef EDGEML_ADD_S8_H
#define EDGEML_ADD_S8_H

#include <stdint.h>

typedef struct {
  int32_t shape[4];                   /* of y */
  int32_t stride_a[4], stride_b[4];   /* elements; 0 where the operand is broadcast */
  int32_t a_multiplier, b_multiplier; /* below 2^21 */
  int32_t bias, shift;                /* bias holds the rounding and both zero points */
  int32_t output_zero_point;
  int32_t activation_min, activation_max;
} edgeml_add_s8_params;

/* y = clamp(((bias + a * a_multiplier + b * b_multiplier) >> shift) + output_zero_point); the sum fits in int32. */
void edgeml_add_s8(const edgeml_add_s8_params *params, const int8_t *a, const int8_t *b, int8_t *y);

#endif
