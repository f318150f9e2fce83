/* Matrix times vector, int8, with packed 16-bit products (dsp.h). */
#ifndef EDGEML_FULLY_CONNECTED_DSP_S8_H
#define EDGEML_FULLY_CONNECTED_DSP_S8_H

#include <stdint.h>

#include "numerics.h"

typedef struct {
  int32_t batches, input_size, output_size;
  int32_t output_zero_point;              /* -128..127 */
  int32_t activation_min, activation_max; /* -128..127 */
} edgeml_fully_connected_dsp_s8_params;

/* x (batches, input_size), scale (output_size), y (batches, output_size); with K = input_size and N = output_size both
 * rounded up to a multiple of 4:
 * w (N / 4, K / 4, 4): words of weights of channels (0, 1), k (0, 2); (0, 1), k (1, 3); (2, 3), k (0, 2); (2, 3),
 *   k (1, 3). A half holds 256 * w[odd channel] + w[even channel].
 * bias (N / 4, 4): b0, 256 * b1 + b0, b2, 256 * b3 + b2, where b is the bias less input zero point times sum of weights.
 * scratch: 2 * K bytes, aligned to 4. Every sum of a channel, with its bias, lies within +-(2^23 - 1). */
void edgeml_fully_connected_dsp_s8(const edgeml_fully_connected_dsp_s8_params *params, const int8_t *x,
                                   const int32_t *restrict w, const int32_t *restrict bias,
                                   const edgeml_scale *restrict scale, void *scratch, int8_t *y);

#endif
