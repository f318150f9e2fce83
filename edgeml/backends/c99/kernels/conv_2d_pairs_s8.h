/* 2-D convolution, int8, four pixels at a time as two pairs (pixel_pairs.h). */
#ifndef EDGEML_CONV_2D_PAIRS_S8_H
#define EDGEML_CONV_2D_PAIRS_S8_H

#include <stdint.h>

#include "rescale.h"

typedef struct {
  int32_t input_h, input_w, input_c;
  int32_t kernel_h, kernel_w;
  int32_t output_h, output_w, output_c;
  int32_t stride_h, stride_w;
  int32_t dilation_h, dilation_w;
  int32_t pad_top, pad_left;                   /* padding stands for the input's zero point */
  int32_t input_zero_point, output_zero_point; /* -128..127 */
  int32_t activation_min, activation_max;      /* -128..127 */
  int32_t count;                               /* weights of a channel, with zeros to a multiple of the group */
  int32_t group;                               /* 2, 4, 8 or 16 */
  int32_t shift;                               /* of the integer forms, 0..12 */
} edgeml_conv_2d_pairs_s8_params;

/* x (input_h, input_w, input_c), y (output_h, output_w, output_c): may overlap where four windows are read before any of
 * their outputs is written,
 * w (output_c, count): the weights (kernel_h, kernel_w, input_c) of a channel from the last to the first. In each group the
 *   sum of |w|, times 128, stays within int16, so what is above stands in
 * extra: for each channel the number of its entries, then for each entry its place (kernel_h, kernel_w, input_c) and what is
 *   to be added to the weight there,
 * bias (output_c), less input zero point times the sum of weights and with the form's offset,
 * rescale (output_c), scale: those of the channels without a proved form, in order,
 * scratch: 8 * count bytes, aligned to 4. */
void edgeml_conv_2d_pairs_s8(const edgeml_conv_2d_pairs_s8_params *params, const int8_t *x,
                             const int8_t *restrict w, const int16_t *restrict extra, const int32_t *restrict bias,
                             const edgeml_rescale *restrict rescale, const edgeml_scale *restrict scale,
                             void *restrict scratch, int8_t *y);

#endif
