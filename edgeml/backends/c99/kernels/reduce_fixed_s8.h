/* Sum or mean over any dimensions, int8, in fixed point: tflm numerics. */
#ifndef EDGEML_REDUCE_FIXED_S8_H
#define EDGEML_REDUCE_FIXED_S8_H

#include <stdint.h>

typedef struct {
  int32_t shape[3], stride[3];               /* kept loops, strides in elements of x */
  int32_t reduce_shape[3], reduce_stride[3]; /* reduced loops */
  int32_t start;                             /* -input zero point * number of reduced elements */
  int32_t output_zero_point;                 /* -128..127 */
  int32_t multiplier, shift;                 /* input scale / output scale (/ number of elements), times 2^(31 - shift) */
} edgeml_reduce_fixed_s8_params;

/* y (shape): (start + sum over the reduced loops) * multiplier * 2^(shift - 31), rounded twice, plus
 * output_zero_point, saturated. */
void edgeml_reduce_fixed_s8(const edgeml_reduce_fixed_s8_params *params, const int8_t *restrict x, int8_t *restrict y);

#endif
