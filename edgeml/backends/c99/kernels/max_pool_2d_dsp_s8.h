/* Largest element of each window, int8, four channels at a time (dsp.h). */
#ifndef EDGEML_MAX_POOL_2D_DSP_S8_H
#define EDGEML_MAX_POOL_2D_DSP_S8_H

#include "max_pool_2d_s8.h"

typedef edgeml_max_pool_2d_s8_params edgeml_max_pool_2d_dsp_s8_params;

/* As edgeml_max_pool_2d_s8, for 4 channels or more. */
void edgeml_max_pool_2d_dsp_s8(const edgeml_max_pool_2d_dsp_s8_params *params, const int8_t *x, int8_t *y);

#endif
