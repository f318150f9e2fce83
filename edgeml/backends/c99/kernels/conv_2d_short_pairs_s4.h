/* 2-D convolution as in conv_2d_pairs_s8.h, with weights of four bits, for processors without a long multiplication. */
#ifndef EDGEML_CONV_2D_SHORT_PAIRS_S4_H
#define EDGEML_CONV_2D_SHORT_PAIRS_S4_H

#include "conv_2d_pairs_s8.h"

/* count: words of a channel, a multiple of the group's; group: 8 or 16 weights; shift is 0: that of each channel stands in `rescale` */
typedef edgeml_conv_2d_pairs_s8_params edgeml_conv_2d_short_pairs_s4_params;

/* As edgeml_conv_2d_short_pairs_s8, but w (output_c, count): words of eight weights of -7..7 (kernel_h, kernel_w, input_c), the first in
 * the highest bits, with zeros behind. scratch: 64 * count bytes. */
void edgeml_conv_2d_short_pairs_s4(const edgeml_conv_2d_short_pairs_s4_params *params, const int8_t *x, const int32_t *restrict w,
                   const int16_t *restrict extra, const int32_t *restrict bias,
                   const edgeml_rescale *restrict rescale, const edgeml_scale *restrict scale, void *restrict scratch,
                   int8_t *y);

#endif
