/* Mean of each window, float32. */
#ifndef EDGEML_AVERAGE_POOL_2D_F32_H
#define EDGEML_AVERAGE_POOL_2D_F32_H

#include <stdint.h>

typedef struct {
  int32_t input_h, input_w, channels;
  int32_t kernel_h, kernel_w;
  int32_t output_h, output_w;
  int32_t stride_h, stride_w;
  int32_t pad_top, pad_left;
  float activation_min, activation_max;
} edgeml_average_pool_2d_f32_params;

/* x (input_h, input_w, channels), y (output_h, output_w, channels).
 * Mean of each window's elements inside the image. */
void edgeml_average_pool_2d_f32(const edgeml_average_pool_2d_f32_params *params, const float *x, float *y);

#endif
