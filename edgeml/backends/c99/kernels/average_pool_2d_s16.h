/* Mean of each window, int16. */
#ifndef EDGEML_AVERAGE_POOL_2D_S16_H
#define EDGEML_AVERAGE_POOL_2D_S16_H

#include <stdint.h>

typedef struct {
  int32_t input_h, input_w, channels;
  int32_t kernel_h, kernel_w;
  int32_t output_h, output_w;
  int32_t stride_h, stride_w;
  int32_t pad_top, pad_left;
  int32_t activation_min, activation_max;
} edgeml_average_pool_2d_s16_params;

/* x (input_h, input_w, channels), y (output_h, output_w, channels).
 * Mean of each window's elements inside the image, rounded half away from zero;
 * x and y share their quantisation. */
void edgeml_average_pool_2d_s16(const edgeml_average_pool_2d_s16_params *params, const int16_t *x, int16_t *y);

#endif
