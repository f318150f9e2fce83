/* Matrix times vector, int8, two products in one multiplication (byte_pairs.h). */
#ifndef EDGEML_FULLY_CONNECTED_PAIRS_S8_H
#define EDGEML_FULLY_CONNECTED_PAIRS_S8_H

#include <stdint.h>

#include "rescale.h"

typedef struct {
  int32_t batches, input_size, output_size;
  int32_t output_zero_point;              /* -128..127 */
  int32_t activation_min, activation_max; /* -128..127 */
  int32_t groups;                         /* of the inputs */
  int32_t group;                          /* weights of a group: 4, 8 or 16 */
  int32_t shift;                          /* of the integer forms, 0..12 */
} edgeml_fully_connected_pairs_s8_params;

/* x (batches, input_size), y (batches, output_size); with K = groups * group and N = output_size rounded up to even:
 * w (N / 2, K / 4, 2): words of four weights plus 128 of the pair's channels, the first weight in the lowest byte. In each
 *   group the sum of |weight|, times 128, stays within int16, so what is above stands in
 * extra: for each channel the number of its entries, then for each entry its place in x and what is to be added to the
 *   weight there,
 * bias (output_size), less input zero point times the sum of weights and with the form's offset,
 * rescale (output_size), scale: those of the channels without a proved form, in order,
 * scratch: 4 * groups * (1 + group / 2) bytes, aligned to 4. */
void edgeml_fully_connected_pairs_s8(const edgeml_fully_connected_pairs_s8_params *params, const int8_t *restrict x,
                                     const int32_t *restrict w, const int16_t *restrict extra,
                                     const int32_t *restrict bias, const edgeml_rescale *restrict rescale,
                                     const edgeml_scale *restrict scale, void *restrict scratch, int8_t *restrict y);

#endif
