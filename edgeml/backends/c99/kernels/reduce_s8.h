/* Sum, mean, largest or smallest value over any dimensions, int8. */
#ifndef EDGEML_REDUCE_S8_H
#define EDGEML_REDUCE_S8_H

#include <stdint.h>

typedef struct {
  int32_t kind; /* EDGEML_REDUCE_... in reduce.h */
  int32_t shape[3], stride[3];               /* kept loops, strides in elements of x */
  int32_t reduce_shape[3], reduce_stride[3]; /* reduced loops */
  float scale;  /* input scale / output scale, for a mean divided by the number of averaged elements */
  float offset; /* both zero points, in output steps */
} edgeml_reduce_s8_params;

/* y (shape). Sum and mean: rint((float)sum * scale + offset), saturated; product and sum are two float32 operations.
 * Largest and smallest value: as they are. */
void edgeml_reduce_s8(const edgeml_reduce_s8_params *params, const int8_t *restrict x, int8_t *restrict y);

#endif
