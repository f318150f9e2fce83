/* Largest value of each window, int16. */
#ifndef EDGEML_MAX_POOL_2D_S16_H
#define EDGEML_MAX_POOL_2D_S16_H

#include <stdint.h>

typedef struct {
  int32_t input_h, input_w, channels;
  int32_t kernel_h, kernel_w;
  int32_t output_h, output_w;
  int32_t stride_h, stride_w;
  int32_t pad_top, pad_left;
  int32_t activation_min, activation_max;
} edgeml_max_pool_2d_s16_params;

/* x (input_h, input_w, channels), y (output_h, output_w, channels). Padding never wins; every window holds an
 * element of the image. */
void edgeml_max_pool_2d_s16(const edgeml_max_pool_2d_s16_params *params, const int16_t *x, int16_t *y);

#endif
