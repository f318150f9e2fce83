/* Transposed 2-D convolution, float32. */
#ifndef EDGEML_TRANSPOSE_CONV_F32_H
#define EDGEML_TRANSPOSE_CONV_F32_H

#include <stdint.h>

typedef struct {
  int32_t batches;
  int32_t input_h, input_w, input_c;
  int32_t kernel_h, kernel_w;
  int32_t output_h, output_w, output_c;
  int32_t stride_h, stride_w;
  int32_t pad_top, pad_left; /* rows and columns cut off the output */
  float activation_min, activation_max;
} edgeml_transpose_conv_f32_params;

/* x (batches, input_h, input_w, input_c), w (output_c, kernel_h, kernel_w, input_c), bias (output_c) or NULL,
 * y (batches, output_h, output_w, output_c): input pixel (i, j) adds its products with the weights to the outputs from
 * (i * stride_h - pad_top, j * stride_w - pad_left) on. Computed the other way round, output by output. */
void edgeml_transpose_conv_f32(const edgeml_transpose_conv_f32_params *params, const float *restrict x,
                               const float *restrict w, const float *restrict bias,
                               float *restrict y);

#endif
