/* Image of another size by linear interpolation, float32. */
#ifndef EDGEML_RESIZE_BILINEAR_F32_H
#define EDGEML_RESIZE_BILINEAR_F32_H

#include <stdint.h>

typedef struct {
  int32_t batches;
  int32_t input_size; /* elements of one image */
  int32_t output_h, output_w, channels;
} edgeml_resize_bilinear_f32_params;

/* x (batches, input_size), y (batches, output_h, output_w, channels). rows (output_h, 2) and columns (output_w, 2) hold
 * the neighbours before and after each output, as offsets into x in elements; row_weights (output_h) and column_weights
 * (output_w) how near the one after is: the fraction. */
void edgeml_resize_bilinear_f32(const edgeml_resize_bilinear_f32_params *params, const float *restrict x,
                                const int32_t *restrict rows, const int32_t *restrict columns,
                                const float *restrict row_weights, const float *restrict column_weights,
                                float *restrict y);

#endif
