/* 2-D convolution, int8, with packed 16-bit products (dsp.h), whose weights are kept and multiplied in fours that are not
 * all zeros. */
#ifndef EDGEML_CONV_2D_SPARSE_DSP_S8_H
#define EDGEML_CONV_2D_SPARSE_DSP_S8_H

#include "conv_2d_dsp_s8.h"
#include "rescale.h"

typedef edgeml_conv_2d_dsp_s8_params edgeml_conv_2d_sparse_dsp_s8_params;

/* x, y, scratch and the order of K inputs of a window: as edgeml_conv_2d_dsp_s8.
 * stream: for each channel the record of sparse_turns.h, with the fours of its weights that are not all zeros and an integer
 *   form with a shift of 5.
 * scale: those of the channels without such a form.
 * steps: for each four of weights, how many fours of inputs lie between it and the one before, or the first input. */
void edgeml_conv_2d_sparse_dsp_s8(const edgeml_conv_2d_sparse_dsp_s8_params *params, const int8_t *x,
                                  const int32_t *restrict stream, const uint8_t *restrict steps,
                                  const edgeml_scale *restrict scale, void *restrict scratch, int8_t *y);

#endif
