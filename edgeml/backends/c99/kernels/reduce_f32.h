/* Sum, mean, largest or smallest value or product over any dimensions, float32. */
#ifndef EDGEML_REDUCE_F32_H
#define EDGEML_REDUCE_F32_H

#include <stdint.h>

typedef struct {
  int32_t kind; /* EDGEML_REDUCE_... in reduce.h */
  int32_t shape[3], stride[3];               /* kept loops, strides in elements of x */
  int32_t reduce_shape[3], reduce_stride[3]; /* reduced loops */
  int32_t count;                             /* elements that become one */
} edgeml_reduce_f32_params;

/* y (shape), each the sum (or mean, …) of x over the reduced loops, added up in the order of memory. */
void edgeml_reduce_f32(const edgeml_reduce_f32_params *params, const float *restrict x, float *restrict y);

#endif
