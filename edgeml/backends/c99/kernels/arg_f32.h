/* Index of the largest or smallest value along one axis, float32. */
#ifndef EDGEML_ARG_F32_H
#define EDGEML_ARG_F32_H

#include <stdint.h>

typedef struct {
  int32_t outer, size, inner;
  int32_t smallest;   /* 0: the largest value, 1: the smallest */
  int32_t index_size; /* bytes of an index: 4 (int32) or 8 (int64) */
} edgeml_arg_f32_params;

/* x (outer, size, inner), y (outer, inner): the first of equal values. */
void edgeml_arg_f32(const edgeml_arg_f32_params *params, const float *restrict x, void *restrict y);

#endif
