/* A constant border around a tensor, float32. */
#ifndef EDGEML_PAD_F32_H
#define EDGEML_PAD_F32_H

#include <stdint.h>

typedef struct {
  int32_t shape_in[4];
  int32_t before[4], after[4]; /* elements added to each dimension */
  float value;
} edgeml_pad_f32_params;

/* x (shape_in), y (before + shape_in + after in each dimension). */
void edgeml_pad_f32(const edgeml_pad_f32_params *params, const float *x, float *y);

#endif
