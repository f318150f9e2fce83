/* 2-D convolution, int8, with packed 16-bit products (dsp.h), two output channels a product. */
#ifndef EDGEML_CONV_2D_DSP_S8_H
#define EDGEML_CONV_2D_DSP_S8_H

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
  int32_t activation_min, activation_max;      /* -128..127 */
} edgeml_conv_2d_dsp_s8_params;

/* x (input_h, input_w, input_c), y (output_h, output_w, output_c).
 * A row of a window is a run of R = kernel_w * input_c bytes. Its inputs in the order of `stream`: of each row the first
 * R / 4 * 4, row by row; then the R % 4 others of all rows, and zeros until their number is a multiple of 4. K is the
 * number of all.
 * stream: what block_dsp_s8.h describes as narrow, for N / 2 pairs of channels, N = output_c, a last odd one with a
 *   partner of zeros. A starting sum is the bias less input zero point times sum of weights.
 * y may lie over x as far as every four windows are read before their y is written.
 * scratch, aligned to 4: 8 * K + R + 4 * (R % 4 * kernel_h, rounded up to a multiple of 4) bytes. */
void edgeml_conv_2d_dsp_s8(const edgeml_conv_2d_dsp_s8_params *params, const int8_t *x,
                           const int32_t *restrict stream, void *restrict scratch, int8_t *y);

#endif
