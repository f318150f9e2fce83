/* Running sums along one axis, float32. */
#ifndef EDGEML_CUMSUM_F32_H
#define EDGEML_CUMSUM_F32_H

#include <stdint.h>

typedef struct {
  int32_t outer, size, inner;
  int32_t exclusive; /* 1: each sum leaves its own element out */
  int32_t reverse;   /* 1: from the end */
} edgeml_cumsum_f32_params;

/* x (outer, size, inner), y (outer, size, inner). */
void edgeml_cumsum_f32(const edgeml_cumsum_f32_params *params, const float *restrict x, float *restrict y);

#endif
