/* Values limited to a range, float32 (relu, relu6). */
#ifndef EDGEML_CLAMP_F32_H
#define EDGEML_CLAMP_F32_H

#include <stdint.h>

typedef struct {
  int32_t size;
  float activation_min, activation_max;
} edgeml_clamp_f32_params;

/* x (size), y (size). */
void edgeml_clamp_f32(const edgeml_clamp_f32_params *params, const float *x, float *y);

#endif
