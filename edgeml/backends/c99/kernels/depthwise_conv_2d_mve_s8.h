/* Depthwise 2-D convolution, int8, with Helium: dot products of 16 bytes, four rows by four columns of a window. */
#ifndef EDGEML_DEPTHWISE_CONV_2D_MVE_S8_H
#define EDGEML_DEPTHWISE_CONV_2D_MVE_S8_H

#include <stdint.h>

typedef struct {
  int32_t input_h, input_w, input_c;
  int32_t kernel_h, kernel_w;
  int32_t output_h, output_w, output_c; /* output_c = input_c */
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left;                   /* padding stands for the input's zero point */
  int32_t input_zero_point, output_zero_point; /* -128..127 */
  int32_t activation_min, activation_max;      /* -128..127 */
} edgeml_depthwise_conv_2d_mve_s8_params;

/* Columns of the padded image that the windows of a row touch, where windows are a multiple of four columns wide. */
#define EDGEML_DEPTHWISE_MVE_COLUMNS(output_w, kernel_w, stride_w, dilation_w) \
  (((output_w)-1) * (stride_w) + (((kernel_w) + 3) / 4 * 4 - 1) * (dilation_w) + 1)

/* x (input_h, input_w, input_c), y (output_h, output_w, output_c); litert numerics.
 * stream, for each four channels (missing ones are zeros): four starting sums = bias less the input's zero point times the
 * sum of the weights; for each part of the window, four rows by four columns, row after row of parts, and each channel 16
 * weights as bytes, the rows of a column together (missing ones are zeros); four float32 scales.
 * scratch: 64 * EDGEML_DEPTHWISE_MVE_COLUMNS(...) bytes and for each of output_w 16, or 64 where kernel_h is above 4;
 * aligned to 4. */
void edgeml_depthwise_conv_2d_mve_s8(const edgeml_depthwise_conv_2d_mve_s8_params *params, const int8_t *x,
                                     const int32_t *restrict stream, void *restrict scratch, int8_t *y);

#endif
