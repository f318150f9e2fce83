/* 2-D convolution, int8, weights of four bits, with packed 16-bit products (dsp.h). */
#ifndef EDGEML_CONV_2D_DSP_S4_H
#define EDGEML_CONV_2D_DSP_S4_H

#include "conv_2d_dsp_s8.h"

typedef edgeml_conv_2d_dsp_s8_params edgeml_conv_2d_dsp_s4_params;

/* As edgeml_conv_2d_dsp_s8, with weights of -7..7 as in nibbles_dsp.h and a stream of them (block_dsp_s8.h). Every sum,
 * with its bias, lies within +-(2^27 - 1). scratch: 16 bytes more. */
void edgeml_conv_2d_dsp_s4(const edgeml_conv_2d_dsp_s4_params *params, const int8_t *x, const int32_t *restrict stream,
                           void *restrict scratch, int8_t *y);

#endif
