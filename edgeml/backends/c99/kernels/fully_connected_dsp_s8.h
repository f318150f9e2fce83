/* Matrix times vector, int8, with packed 16-bit products (dsp.h). */
#ifndef EDGEML_FULLY_CONNECTED_DSP_S8_H
#define EDGEML_FULLY_CONNECTED_DSP_S8_H

#include <stdint.h>

#include "numerics.h"

typedef struct {
  int32_t batches, input_size, output_size;
  int32_t output_zero_point;              /* -128..127 */
  int32_t activation_min, activation_max; /* -128..127 */
  int32_t shift;                          /* 0..12: that of integer forms */
  int32_t factors_step;                   /* 8, or 0 where all channels have the same factors */
} edgeml_fully_connected_dsp_s8_params;

/* x (batches, input_size), y (batches, output_size); with K = input_size and N = output_size both rounded up to a
 * multiple of 4:
 * stream (N / 4, 4 + K): for each four channels b0, 256 * b1 + b0, b2, 256 * b3 + b2, where b is the bias less input
 *   zero point times sum of weights; K / 4 times four words of weights of channels (0, 1), k (0, 2); (0, 1), k (1, 3);
 *   (2, 3), k (0, 2); (2, 3), k (1, 3), whose halves hold 256 * w[odd channel] + w[even channel]. Every sum, with its
 *   bias, lies within +-(2^23 - 1).
 * factors (N / 4, 8) or (8): the requantisation of channels (0, 1) and (2, 3), see pair_dsp_s8.h; both by
 *   multipliers or both by scales.
 * scratch: 2 * K bytes, aligned to 4. It may lie over x, and y over both, as far as a row of x is expanded in order
 *   before its y is written. */
void edgeml_fully_connected_dsp_s8(const edgeml_fully_connected_dsp_s8_params *params, const int8_t *x,
                                   const int32_t *restrict stream, const int32_t *restrict factors, void *scratch,
                                   int8_t *y);

#endif
