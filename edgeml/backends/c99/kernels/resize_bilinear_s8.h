/* Image of another size by linear interpolation, int8. */
#ifndef EDGEML_RESIZE_BILINEAR_S8_H
#define EDGEML_RESIZE_BILINEAR_S8_H

#include <stdint.h>

typedef struct {
  int32_t batches;
  int32_t input_size; /* elements of one image */
  int32_t output_h, output_w, channels;
} edgeml_resize_bilinear_s8_params;

/* x (batches, input_size), y (batches, output_h, output_w, channels). rows (output_h, 2) and columns (output_w, 2) hold
 * the neighbours before and after each output, as offsets into x in elements; row_weights (output_h) and column_weights
 * (output_w) how near the one after is: 2048 * fraction, rounded. */
void edgeml_resize_bilinear_s8(const edgeml_resize_bilinear_s8_params *params, const int8_t *restrict x,
                                const int32_t *restrict rows, const int32_t *restrict columns,
                                const int32_t *restrict row_weights, const int32_t *restrict column_weights,
                                int8_t *restrict y);

#endif
