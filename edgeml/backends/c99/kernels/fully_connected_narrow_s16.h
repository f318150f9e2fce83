/* Matrix times vector, int16 with int8 weights, sums of 32 bits. */
#ifndef EDGEML_FULLY_CONNECTED_NARROW_S16_H
#define EDGEML_FULLY_CONNECTED_NARROW_S16_H

#include <stdint.h>

#include "int16.h"
#include "fully_connected_s16.h"

typedef edgeml_fully_connected_s16_params edgeml_fully_connected_narrow_s16_params;

/* As fully_connected_s16; no sum of products, in part or with the bias, leaves int32. */
void edgeml_fully_connected_narrow_s16(const edgeml_fully_connected_narrow_s16_params *params, const int16_t *x, const int8_t *restrict w,
                   const int32_t *restrict bias, const edgeml_real_s16 *restrict scale, int16_t *y);

#endif
