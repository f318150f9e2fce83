/* Depthwise 2-D convolution, int8, with packed 16-bit products (dsp.h). */
#ifndef EDGEML_DEPTHWISE_DSP_S8_H
#define EDGEML_DEPTHWISE_DSP_S8_H

#include <stdint.h>

#include "depthwise_planes.h"
#include "numerics.h"

typedef edgeml_depthwise_planes_params edgeml_depthwise_dsp_s8_params;

/* Any window: it is a list of pairs of neighbouring taps.
 * x (input_h, input_w, channels), y (output_h, output_w, channels * multiplier);
 * taps (1 + n): n, and the bytes in a plane from a window's first element to each pair of taps;
 * w (channels * multiplier, n, 2); bias (channels * multiplier) less input zero point times sum of weights;
 * scale (channels * multiplier): |sum * scale| stays below 2^15 - 256 for every sum with its bias;
 * scratch: 4 planes of pitch words a row, for the rows of x under band_h rows of y, one word, and n words.
 *
 * Bands of y are computed in order, and in each four channels at a time: all x of these channels under the band is
 * read, then y is written. So y may overlap x wherever no written byte belongs to rows or channels still to be read. */
void edgeml_depthwise_dsp_s8(const edgeml_depthwise_dsp_s8_params *params, const int8_t *x,
                             const int32_t *restrict taps, const int8_t *restrict w, const int32_t *restrict bias,
                             const edgeml_scale *restrict scale, void *restrict scratch, int8_t *y);

#endif
