/* Matrix times vector, int8, with packed 16-bit products: fully_connected_dsp_s8 for weights and sums of any size. */
#ifndef EDGEML_FULLY_CONNECTED_DSP_WIDE_S8_H
#define EDGEML_FULLY_CONNECTED_DSP_WIDE_S8_H

#include "fully_connected_dsp_s8.h"

typedef edgeml_fully_connected_dsp_s8_params edgeml_fully_connected_dsp_wide_s8_params;

/* As edgeml_fully_connected_dsp_s8, but b0, b1, b2, b3, and a half holds w[even channel] in its low byte and
 * w[odd channel] in its high one. Every sum, with its bias, fits in int32. */
void edgeml_fully_connected_dsp_wide_s8(const edgeml_fully_connected_dsp_wide_s8_params *params, const int8_t *x,
                                        const int32_t *restrict stream, const int32_t *restrict factors, void *scratch,
                                        int8_t *y);

#endif
