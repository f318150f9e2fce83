/* 2-D convolution, int8, with packed 16-bit products (dsp.h), whose weights are kept one by one where they are no zeros. */
#ifndef EDGEML_CONV_2D_SINGLE_SPARSE_DSP_S8_H
#define EDGEML_CONV_2D_SINGLE_SPARSE_DSP_S8_H

#include "conv_2d_dsp_s8.h"
#include "rescale.h"

typedef edgeml_conv_2d_dsp_s8_params edgeml_conv_2d_single_sparse_dsp_s8_params;

/* x, y, scratch and the order of K inputs of a window: as edgeml_conv_2d_dsp_s8.
 * stream, weights: see single_dsp_s8.h,
 * scale: those of the channels without an integer form. */
void edgeml_conv_2d_single_sparse_dsp_s8(const edgeml_conv_2d_single_sparse_dsp_s8_params *params, const int8_t *x,
                                         const int32_t *restrict stream, const int8_t *restrict weights,
                                         const edgeml_scale *restrict scale, void *restrict scratch, int8_t *y);

#endif
