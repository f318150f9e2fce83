/* Mean of each window, int8, four channels at a time (dsp.h). */
#ifndef EDGEML_AVERAGE_POOL_2D_DSP_S8_H
#define EDGEML_AVERAGE_POOL_2D_DSP_S8_H

#include "average_pool_2d_s8.h"

typedef edgeml_average_pool_2d_s8_params edgeml_average_pool_2d_dsp_s8_params;

/* As edgeml_average_pool_2d_s8, for 4 channels or more and windows of up to 256 pixels. */
void edgeml_average_pool_2d_dsp_s8(const edgeml_average_pool_2d_dsp_s8_params *params, const int8_t *x,
                                   int8_t *y);

#endif
