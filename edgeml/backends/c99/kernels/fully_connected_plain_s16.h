/* Matrix times vector, int16 with int8 weights, sums of 32 bits. */
#ifndef EDGEML_FULLY_CONNECTED_PLAIN_S16_H
#define EDGEML_FULLY_CONNECTED_PLAIN_S16_H

#include <stdint.h>

#include "int16.h"
#include "fully_connected_s16.h"

typedef edgeml_fully_connected_s16_params edgeml_fully_connected_plain_s16_params;

/* x (batches, input_size), w (output_size, input_size), bias NULL, factor (output_size), y (batches, output_size). No
 * sum of products, in part or whole, leaves int32. */
void edgeml_fully_connected_plain_s16(const edgeml_fully_connected_plain_s16_params *params, const int16_t *x, const int8_t *restrict w,
                   const int32_t *restrict bias, const edgeml_multiplier_s16 *restrict factor, int16_t *y);

#endif
