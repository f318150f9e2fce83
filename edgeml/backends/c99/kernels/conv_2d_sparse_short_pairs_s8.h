/* 2-D convolution as in conv_2d_sparse_pairs_s8.h, with integer forms for processors without a long multiplication. */
#ifndef EDGEML_CONV_2D_SPARSE_SHORT_PAIRS_S8_H
#define EDGEML_CONV_2D_SPARSE_SHORT_PAIRS_S8_H

#include "conv_2d_pairs_s8.h"

/* group is 4, count a multiple of it; shift is 0: that of each channel stands in `rescale` */
typedef edgeml_conv_2d_pairs_s8_params edgeml_conv_2d_sparse_short_pairs_s8_params;

void edgeml_conv_2d_sparse_short_pairs_s8(const edgeml_conv_2d_sparse_short_pairs_s8_params *params, const int8_t *x,
                                          const int8_t *restrict w, const int16_t *restrict fours,
                                          const int32_t *restrict bias, const edgeml_rescale *restrict rescale,
                                          const edgeml_scale *restrict scale, void *restrict scratch, int8_t *y);

#endif
