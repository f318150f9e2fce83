/* Copy, float32: a reshape whose tensors lie in two places. */
#ifndef EDGEML_COPY_F32_H
#define EDGEML_COPY_F32_H

#include <stdint.h>

typedef struct {
  int32_t size;
} edgeml_copy_f32_params;

/* x (size), y (size). */
void edgeml_copy_f32(const edgeml_copy_f32_params *params, const float *restrict x, float *restrict y);

#endif
