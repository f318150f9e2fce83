/* Tensors joined along one axis, float32. */
#ifndef EDGEML_CONCATENATION_F32_H
#define EDGEML_CONCATENATION_F32_H

#include <stdint.h>

typedef struct {
  int32_t outer;    /* steps before the axis */
  int32_t inputs;   /* 1..8 */
  int32_t inner[8]; /* elements of each input in one outer step */
} edgeml_concatenation_f32_params;

/* inputs[i] (outer, inner[i]), y (outer, sum of inner). */
void edgeml_concatenation_f32(const edgeml_concatenation_f32_params *params, const float *const inputs[],
                              float *restrict y);

#endif
