/* Elementwise comparison with broadcasting, int8 of any two quantisations. */
#ifndef EDGEML_COMPARE_S8_H
#define EDGEML_COMPARE_S8_H

#include <stdint.h>

typedef struct {
  int32_t shape[4];                 /* of y */
  int32_t stride_a[4], stride_b[4]; /* elements; 0 where the operand is broadcast, see broadcast.h */
  int32_t a_zero_point, b_zero_point;
  int32_t a_multiplier, a_shift, b_multiplier, b_shift; /* the scales, see fixed_point.h */
  int32_t accept;                                       /* the sum of 1: less, 2: equal, 4: greater */
} edgeml_compare_s8_params;

/* y = 1 where the relation of the values, in steps of 1/256 rounded in fixed point, is one of `accept`, else 0. */
void edgeml_compare_s8(const edgeml_compare_s8_params *params, const int8_t *a, const int8_t *b, uint8_t *y);

#endif
