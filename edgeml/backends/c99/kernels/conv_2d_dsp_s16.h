/* 2-D convolution, int16 with int8 weights, for cores with DSP instructions. */
#ifndef EDGEML_CONV_2D_DSP_S16_H
#define EDGEML_CONV_2D_DSP_S16_H

#include <stdint.h>

#include "conv_2d_s16.h"
#include "int16.h"

typedef edgeml_conv_2d_s16_params edgeml_conv_2d_dsp_s16_params;

/* x (input_h, input_w, input_c), stream: for each pair of channels the weights of kernel_h * kernel_w * input_c inputs, with
 * zeros up to a multiple of 4, in groups of four inputs: inputs 0, 2, 1, 3 of the first channel, then those of the second,
 * a byte each, so that SXTB16 gives the pairs that lie in memory; bias (output_c, an even number of them), factor
 * (output_c), scratch: the inputs of 2 windows, y (output_h, output_w, output_c). No sum leaves int32. */
void edgeml_conv_2d_dsp_s16(const edgeml_conv_2d_dsp_s16_params *params, const int16_t *restrict x,
                            const int8_t *restrict stream, const int32_t *restrict bias,
                            const edgeml_factor_s16 *restrict factor, int16_t *restrict scratch, int16_t *restrict y);

#endif
