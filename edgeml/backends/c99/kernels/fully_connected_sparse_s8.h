/* Matrix times vector, int8, whose weights are kept in fours that are not all zeros. */
#ifndef EDGEML_FULLY_CONNECTED_SPARSE_S8_H
#define EDGEML_FULLY_CONNECTED_SPARSE_S8_H

#include <stdint.h>

#include "rescale.h"

typedef struct {
  int32_t batches, input_size, output_size;
  int32_t output_zero_point;              /* -128..127 */
  int32_t activation_min, activation_max; /* -128..127 */
  int32_t shift;                          /* of the integer forms, 0..12 */
} edgeml_fully_connected_sparse_s8_params;

/* x (batches, input_size), input_size a multiple of 4, y (batches, output_size),
 * w: the fours of all channels, one after the other, each five bytes: how many fours of inputs lie between it and the one
 *   before, or the first input, -1 to 127; and four weights,
 * fours (output_size): how many of them a channel has,
 * bias (output_size), less input zero point times the sum of weights and with the form's offset,
 * rescale (output_size), scale: those of the channels without a proved form, in order. */
void edgeml_fully_connected_sparse_s8(const edgeml_fully_connected_sparse_s8_params *params, const int8_t *restrict x,
                                      const int8_t *restrict w, const int16_t *restrict fours,
                                      const int32_t *restrict bias, const edgeml_rescale *restrict rescale,
                                      const edgeml_scale *restrict scale, int8_t *restrict y);

#endif
