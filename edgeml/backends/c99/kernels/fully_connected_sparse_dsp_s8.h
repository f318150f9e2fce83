/* Matrix times vector, int8, with packed 16-bit products (dsp.h), whose weights are kept and multiplied in fours that are
 * not all zeros. */
#ifndef EDGEML_FULLY_CONNECTED_SPARSE_DSP_S8_H
#define EDGEML_FULLY_CONNECTED_SPARSE_DSP_S8_H

#include <stdint.h>

#include "rescale.h"

typedef struct {
  int32_t batches, input_size, output_size;
  int32_t output_zero_point;              /* -128..127 */
  int32_t activation_min, activation_max; /* -128..127 */
  int32_t shift;                          /* 0..12: that of integer forms */
} edgeml_fully_connected_sparse_dsp_s8_params;

/* x (batches, input_size), y (batches, output_size); K = input_size rounded up to a multiple of 4:
 * stream: for each channel the record of sparse_turns.h, with the fours of its weights that are not all zeros,
 * scale: those of the channels without an integer form,
 * steps: for each four of weights, how many fours of inputs lie between it and the one before, or the first input,
 * scratch: 2 * K bytes, aligned to 4. It may lie over x, and y over both, as far as a row of x is expanded in order
 *   before its y is written. */
void edgeml_fully_connected_sparse_dsp_s8(const edgeml_fully_connected_sparse_dsp_s8_params *params, const int8_t *x,
                                          const int32_t *restrict stream, const uint8_t *restrict steps,
                                          const edgeml_scale *restrict scale, void *scratch, int8_t *y);

#endif
