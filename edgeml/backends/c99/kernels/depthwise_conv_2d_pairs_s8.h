/* Depthwise 2-D convolution, int8, with windows three wide, an output row of the upper half of the image together with one
 * of the lower half (pixel_pairs.h). */
#ifndef EDGEML_DEPTHWISE_CONV_2D_PAIRS_S8_H
#define EDGEML_DEPTHWISE_CONV_2D_PAIRS_S8_H

#include <stdint.h>

#include "rescale.h"

typedef struct {
  int32_t input_h, input_w, input_c;
  int32_t output_h, output_w, output_c; /* output_c = input_c * multiplier */
  int32_t multiplier;
  int32_t kernel_h; /* 1..3 */
  int32_t stride_h, stride_w;
  int32_t dilation_h;
  int32_t pad_top, pad_left;                   /* padding stands for the input's zero point */
  int32_t input_zero_point, output_zero_point; /* -128..127 */
  int32_t activation_min, activation_max;      /* -128..127 */
  int32_t half;                                /* output rows of the upper half: (output_h + 1) / 2 */
  int32_t plane_h, plane_w;                    /* padded input under the upper half */
  int32_t rows;                                /* output rows of a half in one go */
  int32_t shift;                               /* of the integer forms, 0..12 */
} edgeml_depthwise_conv_2d_pairs_s8_params;

/* x (input_h, input_w, input_c), y (output_h, output_w, output_c): may be x where both have one size,
 * taps: for each channel a number n, 1..6, and n times three weights of one row of the window and whether the next three
 *   belong to the next row (1) or are to be added to these (0). The sum of three |w|, times 128, stays within int16.
 * bias (output_c), less input zero point times the sum of weights and with the form's offset,
 * rescale (output_c), scale: those of the channels without a proved form, in order,
 * scratch: 100 + 4 * plane_h * plane_w + 8 * rows * output_w bytes, aligned to 4. */
void edgeml_depthwise_conv_2d_pairs_s8(const edgeml_depthwise_conv_2d_pairs_s8_params *params, const int8_t *x,
                                       const int8_t *restrict taps, const int32_t *restrict bias,
                                       const edgeml_rescale *restrict rescale, const edgeml_scale *restrict scale,
                                       void *restrict scratch, int8_t *y);

#endif
