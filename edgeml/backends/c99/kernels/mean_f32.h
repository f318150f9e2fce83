/* Mean over one block of dimensions, float32. */
#ifndef EDGEML_MEAN_F32_H
#define EDGEML_MEAN_F32_H

#include <stdint.h>

typedef struct {
  int32_t outer, reduce, inner;
} edgeml_mean_f32_params;

/* x (outer, reduce, inner), y (outer, inner). */
void edgeml_mean_f32(const edgeml_mean_f32_params *params, const float *restrict x, float *restrict y);

#endif
