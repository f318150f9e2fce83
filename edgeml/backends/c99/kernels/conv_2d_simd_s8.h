/* 2-D convolution and matrix times vector, int8, with the vector instructions of the processor (simd.h). */
#ifndef EDGEML_CONV_2D_SIMD_S8_H
#define EDGEML_CONV_2D_SIMD_S8_H

#include <stdint.h>

typedef struct {
  int32_t input_h, input_w, input_c;
  int32_t kernel_h; /* rows of the window */
  int32_t kernel_w; /* runs of the window in one row: 1 where its taps lie side by side */
  int32_t run;      /* bytes of x in a run */
  int32_t output_h, output_w, output_c;
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left;                   /* padding stands for the input's zero point */
  int32_t columns;                             /* of the padded image, those that windows reach */
  int32_t input_zero_point, output_zero_point; /* -128..127 */
  int32_t activation_min, activation_max;      /* -128..127 */
} edgeml_conv_2d_simd_s8_params;

enum { EDGEML_CONV_2D_SIMD_RUNS = 64 /* kernel_h * kernel_w, at most */ };

/* x (input_h, input_w, input_c), y (output_h, output_w, output_c); with B = output_c / 16, rounded up, and
 * Q = run / 4, rounded up:
 * w (B, kernel_h, kernel_w, Q, 16, 4): zeros after the last channel and the end of a run,
 * bias (2, B * 16): the bias less input zero point times the sum of the channel's weights; in row 0 also less 128 times
 *   that sum,
 * scale (B * 16): input scale * weight scale / output scale,
 * scratch: ((kernel_h - 1) * dilation_h + 1) * (columns * input_c + 4) bytes.
 * Every partial sum must fit in int32, as in conv_2d_s8.h. */
void edgeml_conv_2d_simd_s8(const edgeml_conv_2d_simd_s8_params *params, const int8_t *restrict x,
                            const int8_t *restrict w, const int32_t *restrict bias, const float *restrict scale,
                            void *restrict scratch, int8_t *restrict y);

#endif
