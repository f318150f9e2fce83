/* Depthwise 2-D convolution, int8, with the vector instructions of the processor (simd.h). */
#ifndef EDGEML_DEPTHWISE_SIMD_S8_H
#define EDGEML_DEPTHWISE_SIMD_S8_H

#include <stdint.h>

typedef struct {
  int32_t input_h, input_w, input_c;
  int32_t kernel_h, kernel_w;
  int32_t output_h, output_w, output_c; /* output_c = input_c * multiplier */
  int32_t multiplier;
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left;                   /* padding stands for the input's zero point */
  int32_t columns;                             /* of the padded image, those that windows reach */
  int32_t segments, segment;                   /* a row of outputs in parts of `segment` bytes */
  int32_t chunks;                              /* of 64 channels; byte i of a segment belongs to i / 64 modulo chunks */
  int32_t input_zero_point, output_zero_point; /* -128..127 */
  int32_t activation_min, activation_max;      /* -128..127 */
} edgeml_depthwise_simd_s8_params;

enum { EDGEML_DEPTHWISE_SIMD_TAPS = 128 /* kernel_h * kernel_w, at most */ };

/* x (input_h, input_w, input_c), y (output_h, output_w, output_c). Byte 16 * l + 4 * v + n of a chunk is of the channel
 * that `segment` repeats there; in tables it stands at (v, l, n). With G = kernel_h * kernel_w / 4, rounded up:
 * w (chunks, G, 4, 4, 4, 4): four taps each, zeros after the last,
 * bias (2, chunks, 4, 4, 4): the bias less input zero point times the sum of the channel's weights; in row 0 also less
 *   128 times that sum,
 * scale (chunks, 4, 4, 4): input scale * weight scale / output scale,
 * scratch: for each of (kernel_h - 1) * dilation_h + 1 rows stride_w planes of columns / stride_w, rounded up, pixels of
 *   output_c bytes; and 64 bytes. */
void edgeml_depthwise_simd_s8(const edgeml_depthwise_simd_s8_params *params, const int8_t *restrict x,
                              const int8_t *restrict w, const int32_t *restrict bias, const float *restrict scale,
                              void *restrict scratch, int8_t *restrict y);

#endif
