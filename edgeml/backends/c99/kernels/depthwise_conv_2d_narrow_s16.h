/* Depthwise 2-D convolution, int16 with int8 weights, sums of 32 bits. */
#ifndef EDGEML_DEPTHWISE_CONV_2D_NARROW_S16_H
#define EDGEML_DEPTHWISE_CONV_2D_NARROW_S16_H

#include <stdint.h>

#include "int16.h"
#include "depthwise_conv_2d_s16.h"

typedef edgeml_depthwise_conv_2d_s16_params edgeml_depthwise_conv_2d_narrow_s16_params;

/* As depthwise_conv_2d_s16; no sum of products, in part or with the bias, leaves int32. */
void edgeml_depthwise_conv_2d_narrow_s16(const edgeml_depthwise_conv_2d_narrow_s16_params *params, const int16_t *x, const int8_t *restrict w,
                   const int32_t *restrict bias, const edgeml_factor_s16 *restrict factor, int16_t *y);

#endif
