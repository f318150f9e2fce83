/* Matrix times vector, int16 with int8 weights and a bias, for cores with DSP instructions. */
#ifndef EDGEML_FULLY_CONNECTED_DSP_S16_H
#define EDGEML_FULLY_CONNECTED_DSP_S16_H

#include <stdint.h>

#include "fully_connected_s16.h"
#include "int16.h"

typedef edgeml_fully_connected_s16_params edgeml_fully_connected_dsp_s16_params;

/* x (batches, input_size), stream: the weights in the order of conv_2d_dsp_s16.h, bias (output_size, an even number of
 * them), scale (output_size), scratch: a row of x with zeros up to a multiple of 4, y (batches, output_size). No sum leaves
 * int32. */
void edgeml_fully_connected_dsp_s16(const edgeml_fully_connected_dsp_s16_params *params, const int16_t *restrict x,
                                    const int8_t *restrict stream, const int32_t *restrict bias,
                                    const edgeml_real_s16 *restrict scale, int16_t *restrict scratch,
                                    int16_t *restrict y);

#endif
