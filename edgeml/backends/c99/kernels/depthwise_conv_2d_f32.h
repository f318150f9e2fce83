/* Depthwise 2-D convolution, float32. */
#ifndef EDGEML_DEPTHWISE_CONV_2D_F32_H
#define EDGEML_DEPTHWISE_CONV_2D_F32_H

#include <stdint.h>

typedef struct {
  int32_t input_h, input_w, input_c;
  int32_t kernel_h, kernel_w;
  int32_t output_h, output_w, output_c; /* output_c = input_c * multiplier */
  int32_t multiplier;
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left; /* padding stands for 0 */
  float activation_min, activation_max;
} edgeml_depthwise_conv_2d_f32_params;

/* x (input_h, input_w, input_c), w (kernel_h, kernel_w, output_c), bias (output_c) or NULL,
 * y (output_h, output_w, output_c). Output channel o reads input channel o / multiplier. */
void edgeml_depthwise_conv_2d_f32(const edgeml_depthwise_conv_2d_f32_params *params, const float *x,
                                  const float *restrict w, const float *restrict bias, float *y);

#endif
