/* 2-D convolution, int8, as conv_2d_pairs_s8.h, whose weights are kept in fours that are not all zeros. */
#ifndef EDGEML_CONV_2D_SPARSE_PAIRS_S8_H
#define EDGEML_CONV_2D_SPARSE_PAIRS_S8_H

#include "conv_2d_pairs_s8.h"

/* group is 4, and count a multiple of it */
typedef edgeml_conv_2d_pairs_s8_params edgeml_conv_2d_sparse_pairs_s8_params;

/* As edgeml_conv_2d_pairs_s8, but
 * w: the fours of all channels (sparse_pairs.h), one after the other, of the weights (kernel_h, kernel_w, input_c),
 * fours (output_c): how many of them a channel has. */
void edgeml_conv_2d_sparse_pairs_s8(const edgeml_conv_2d_sparse_pairs_s8_params *params, const int8_t *x,
                                    const int8_t *restrict w, const int16_t *restrict fours,
                                    const int32_t *restrict bias, const edgeml_rescale *restrict rescale,
                                    const edgeml_scale *restrict scale, void *restrict scratch, int8_t *y);

#endif
