/* Matrix times vector, int8. */
#ifndef EDGEML_FULLY_CONNECTED_S8_H
#define EDGEML_FULLY_CONNECTED_S8_H

#include <stdint.h>

#include "numerics.h"

typedef struct {
  int32_t batches, input_size, output_size;
  int32_t input_zero_point, output_zero_point; /* -128..127 */
  int32_t weight_zero_point;                   /* -128..127; other than 0 in models from uint8 files only */
  int32_t activation_min, activation_max;      /* -128..127 */
  int32_t scale_step;                          /* 1, or 0 where one scale serves all outputs */
} edgeml_fully_connected_s8_params;

/* x (batches, input_size), w (output_size, input_size), bias (output_size) or NULL, scale (output_size, or 1),
 * y (batches, output_size). Every partial sum must fit in int32 (input_size <= 65,536, |bias| < 2^30). */
void edgeml_fully_connected_s8(const edgeml_fully_connected_s8_params *params, const int8_t *x,
                               const int8_t *restrict w, const int32_t *restrict bias, const edgeml_scale *restrict scale,
                               int8_t *y);

#endif
