/* Sum or mean over any dimensions, int16, in fixed point. */
#ifndef EDGEML_REDUCE_S16_H
#define EDGEML_REDUCE_S16_H

#include <stdint.h>

typedef struct {
  int32_t shape[3], stride[3];               /* kept loops, strides in elements of x */
  int32_t reduce_shape[3], reduce_stride[3]; /* reduced loops */
  int32_t multiplier, shift;                 /* input scale / output scale (/ number of elements), times 2^(31 - shift) */
} edgeml_reduce_s16_params;

/* y (shape): sum over the reduced loops, 65535 elements at most, times multiplier * 2^(shift - 31), rounded twice and
 * saturated. */
void edgeml_reduce_s16(const edgeml_reduce_s16_params *params, const int16_t *restrict x, int16_t *restrict y);

#endif
