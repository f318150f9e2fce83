/* 2-D convolution, int8. */
#ifndef EDGEML_CONV_2D_S8_H
#define EDGEML_CONV_2D_S8_H

#include <stdint.h>

#include "numerics.h"

typedef struct {
  int32_t input_h, input_w, input_c;
  int32_t kernel_h, kernel_w;
  int32_t output_h, output_w, output_c;
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left;                   /* padding stands for the input's zero point */
  int32_t input_zero_point, output_zero_point; /* -128..127 */
  int32_t weight_zero_point;                   /* -128..127; other than 0 in models from uint8 files only */
  int32_t activation_min, activation_max;      /* -128..127 */
} edgeml_conv_2d_s8_params;

/* x (input_h, input_w, input_c), w (output_c, kernel_h, kernel_w, input_c), bias (output_c) or NULL,
 * scale (output_c) = input scale * weight scale / output scale, y (output_h, output_w, output_c),
 * scratch: 4 * kernel_h * kernel_w * input_c bytes, aligned to 4.
 * Every partial sum must fit in int32: so it does for windows of up to 32,768 weights and |bias| < 2^30. */
void edgeml_conv_2d_s8(const edgeml_conv_2d_s8_params *params, const int8_t *x, const int8_t *restrict w,
                       const int32_t *restrict bias, const edgeml_scale *restrict scale, void *restrict scratch,
                       int8_t *y);

#endif
