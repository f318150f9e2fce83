/* Depthwise 2-D convolution, int16 with int8 weights, sums of 64 bits. */
#ifndef EDGEML_DEPTHWISE_CONV_2D_S16_H
#define EDGEML_DEPTHWISE_CONV_2D_S16_H

#include <stdint.h>

#include "int16.h"

typedef struct {
  int32_t input_h, input_w, input_c;
  int32_t kernel_h, kernel_w;
  int32_t output_h, output_w, output_c; /* output_c = input_c * multiplier */
  int32_t multiplier;
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left; /* padding stands for 0 */
  int32_t activation_min, activation_max;
} edgeml_depthwise_conv_2d_s16_params;

/* x (input_h, input_w, input_c), w (kernel_h, kernel_w, output_c), bias (output_c) or NULL,
 * factor (output_c),
 * y (output_h, output_w, output_c). Output channel o reads input channel o / multiplier. */
void edgeml_depthwise_conv_2d_s16(const edgeml_depthwise_conv_2d_s16_params *params, const int16_t *x, const int8_t *restrict w,
                   const int64_t *restrict bias, const edgeml_factor_s16 *restrict factor, int16_t *y);

#endif
