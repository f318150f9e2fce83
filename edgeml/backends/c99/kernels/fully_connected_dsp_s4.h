/* Matrix times vector, int8, weights of four bits, with packed 16-bit products (dsp.h). */
#ifndef EDGEML_FULLY_CONNECTED_DSP_S4_H
#define EDGEML_FULLY_CONNECTED_DSP_S4_H

#include "fully_connected_dsp_s8.h"

typedef edgeml_fully_connected_dsp_s8_params edgeml_fully_connected_dsp_s4_params;

/* As edgeml_fully_connected_dsp_s8, with weights of -7..7 as in nibbles_dsp.h:
 * stream (N / 4, 4 + K / 2): for each four channels b0, 16 * b1 + b0, b2, 16 * b3 + b2; K / 4 times two words of
 *   weights, of channels (0, 1) and (2, 3). Every sum, with its bias, lies within +-(2^27 - 1).
 * scratch: 8 bytes more. */
void edgeml_fully_connected_dsp_s4(const edgeml_fully_connected_dsp_s4_params *params, const int8_t *x,
                                   const int32_t *restrict stream, const int32_t *restrict factors, void *scratch,
                                   int8_t *y);

#endif
