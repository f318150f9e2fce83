/* 2-D convolution, int8, with packed 16-bit products: conv_2d_dsp_s8 for weights and sums of any size. */
#ifndef EDGEML_CONV_2D_DSP_WIDE_S8_H
#define EDGEML_CONV_2D_DSP_WIDE_S8_H

#include "conv_2d_dsp_s8.h"

typedef edgeml_conv_2d_dsp_s8_params edgeml_conv_2d_dsp_wide_s8_params;

/* As edgeml_conv_2d_dsp_s8, with a wide stream (block_dsp_s8.h). Every sum, with its bias, fits in int32. */
void edgeml_conv_2d_dsp_wide_s8(const edgeml_conv_2d_dsp_wide_s8_params *params, const int8_t *x,
                                const int32_t *restrict stream, void *restrict scratch, int8_t *y);

#endif
