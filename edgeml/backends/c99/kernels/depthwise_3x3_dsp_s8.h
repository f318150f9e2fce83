/* Depthwise 2-D convolution with 3x3 windows, int8, with packed 16-bit products (dsp.h). */
#ifndef EDGEML_DEPTHWISE_3X3_DSP_S8_H
#define EDGEML_DEPTHWISE_3X3_DSP_S8_H

#include <stdint.h>

#include "depthwise_planes.h"
#include "numerics.h"

/* stride_w is 1 or 2, and there is no dilation along a row. */
typedef edgeml_depthwise_planes_params edgeml_depthwise_3x3_dsp_s8_params;

/* x (input_h, input_w, channels), y (output_h, output_w, channels * multiplier);
 * w (channels * multiplier, 9) and 3 bytes behind; bias (channels * multiplier) less input zero point times sum of
 * weights; factor (channels * multiplier): where above 0, ((sum * factor >> 32) + 2 * output zero point + 1) >> 1,
 * saturated, is the result (selection/requantization.py), else scale[-factor] the channel's scale: |sum * scale| then
 * stays below 2^15 - 256 for every sum with its bias, and an odd output zero point comes with scales of which no sum
 * times scale lies on a half of a step (selection/float_form.py);
 * scratch: 4 planes of pitch words a row, for the rows of x under band_h rows of y.
 *
 * Bands of y are computed in order, and in each four channels at a time: all x of these channels under the band is
 * read, then y is written. So y may overlap x wherever no written byte belongs to rows or channels still to be read. */
void edgeml_depthwise_3x3_dsp_s8(const edgeml_depthwise_3x3_dsp_s8_params *params, const int8_t *x,
                                 const int8_t *restrict w, const int32_t *restrict bias,
                                 const int32_t *restrict factor, const edgeml_scale *restrict scale,
                                 void *restrict scratch, int8_t *y);

#endif
