/* Elementwise comparison with broadcasting, float32. */
#ifndef EDGEML_COMPARE_F32_H
#define EDGEML_COMPARE_F32_H

#include <stdint.h>

typedef struct {
  int32_t shape[4];                 /* of y */
  int32_t stride_a[4], stride_b[4]; /* elements; 0 where the operand is broadcast, see broadcast.h */
  int32_t accept; /* the sum of 1: less, 2: equal, 4: greater, 8: neither, as with NaN */
} edgeml_compare_f32_params;

/* y = 1 where the relation of a to b is one of those in `accept`, else 0. */
void edgeml_compare_f32(const edgeml_compare_f32_params *params, const float *a, const float *b, uint8_t *y);

#endif
