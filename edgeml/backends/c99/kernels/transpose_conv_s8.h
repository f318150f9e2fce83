/* Transposed 2-D convolution, int8. */
#ifndef EDGEML_TRANSPOSE_CONV_S8_H
#define EDGEML_TRANSPOSE_CONV_S8_H

#include <stdint.h>

#include "requantize.h"

typedef struct {
  int32_t batches;
  int32_t input_h, input_w, input_c;
  int32_t kernel_h, kernel_w;
  int32_t output_h, output_w, output_c;
  int32_t stride_h, stride_w;
  int32_t pad_top, pad_left; /* rows and columns cut off the output */
  int32_t input_zero_point, output_zero_point; /* -128..127 */
  int32_t activation_min, activation_max;      /* -128..127 */
} edgeml_transpose_conv_s8_params;

/* x (batches, input_h, input_w, input_c), w (output_c, kernel_h, kernel_w, input_c), bias (output_c) or NULL,
 * y (batches, output_h, output_w, output_c): input pixel (i, j) adds its products with the weights to the outputs from
 * (i * stride_h - pad_top, j * stride_w - pad_left) on. Computed the other way round, output by output. */
void edgeml_transpose_conv_s8(const edgeml_transpose_conv_s8_params *params, const int8_t *restrict x,
                               const int8_t *restrict w, const int32_t *restrict bias, const edgeml_scale *restrict scale,
                               int8_t *restrict y);

#endif
