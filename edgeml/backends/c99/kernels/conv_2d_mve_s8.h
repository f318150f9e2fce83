/* 2-D convolution, int8, with Helium: two pixels and two channels at a time, 16 products an instruction. */
#ifndef EDGEML_CONV_2D_MVE_S8_H
#define EDGEML_CONV_2D_MVE_S8_H

#include <stdint.h>

typedef struct {
  int32_t input_h, input_w, input_c;
  int32_t kernel_h, kernel_w;
  int32_t output_h, output_w, output_c;
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left;                   /* padding stands for the input's zero point */
  int32_t input_zero_point, output_zero_point; /* -128..127 */
  int32_t activation_min, activation_max;      /* -128..127 */
} edgeml_conv_2d_mve_s8_params;

/* x (input_h, input_w, input_c), y (output_h, output_w, output_c); litert numerics.
 * stream, for each four channels (missing ones are zeros): what edgeml_dots_2x4 reads for kernel_h * kernel_w * input_c
 * weights, where the starting sum is the bias less the input's zero point times the sum of the weights; then four float32
 * scales = input scale * weight scale / output scale.
 * scratch: two windows, 2 * kernel_h * kernel_w * input_c bytes; not read for 1x1 without padding.
 * Every partial sum fits in int32. */
void edgeml_conv_2d_mve_s8(const edgeml_conv_2d_mve_s8_params *params, const int8_t *x,
                           const int32_t *restrict stream, void *restrict scratch, int8_t *y);

#endif
