/* Matrix times vector, float32. */
#ifndef EDGEML_FULLY_CONNECTED_F32_H
#define EDGEML_FULLY_CONNECTED_F32_H

#include <stdint.h>

typedef struct {
  int32_t batches, input_size, output_size;
  float activation_min, activation_max;
} edgeml_fully_connected_f32_params;

/* x (batches, input_size), w (output_size, input_size), bias (output_size) or NULL, y (batches, output_size). */
void edgeml_fully_connected_f32(const edgeml_fully_connected_f32_params *params, const float *x,
                                const float *restrict w, const float *restrict bias, float *y);

#endif
