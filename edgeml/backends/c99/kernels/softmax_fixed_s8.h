/* Softmax over rows, int8, in gemmlowp's fixed point: tflm numerics. */
#ifndef EDGEML_SOFTMAX_FIXED_S8_H
#define EDGEML_SOFTMAX_FIXED_S8_H

#include <stdint.h>

typedef struct {
  int32_t rows, depth; /* depth below 4096, so that the sum fits */
} edgeml_softmax_fixed_s8_params;

/* x (rows, depth), table (256): entry 255 - d is the exponential for d steps below the row's maximum, times 2^31,
 * y (rows, depth) with scale 1/256 and zero point -128. */
void edgeml_softmax_fixed_s8(const edgeml_softmax_fixed_s8_params *params, const int8_t *x,
                             const int32_t *restrict table, int8_t *y);

#endif
