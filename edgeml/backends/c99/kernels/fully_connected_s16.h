/* Matrix times vector, int16 with int8 weights, sums of 64 bits. */
#ifndef EDGEML_FULLY_CONNECTED_S16_H
#define EDGEML_FULLY_CONNECTED_S16_H

#include <stdint.h>

#include "int16.h"

typedef struct {
  int32_t batches, input_size, output_size;
  int32_t activation_min, activation_max;
} edgeml_fully_connected_s16_params;

/* x (batches, input_size), w (output_size, input_size), bias (output_size) or NULL,
 * scale (output_size), y (batches, output_size). */
void edgeml_fully_connected_s16(const edgeml_fully_connected_s16_params *params, const int16_t *x, const int8_t *restrict w,
                   const int64_t *restrict bias, const edgeml_real_s16 *restrict scale, int16_t *y);

#endif
