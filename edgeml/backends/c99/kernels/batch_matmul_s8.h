/* Matrix products over leading dimensions, int8. */
#ifndef EDGEML_BATCH_MATMUL_S8_H
#define EDGEML_BATCH_MATMUL_S8_H

#include <stdint.h>

#include "numerics.h"

typedef struct {
  int32_t batch[3];                                 /* leading dimensions of y */
  int32_t batch_a[3], batch_b[3];                   /* elements between matrices; 0 repeats one */
  int32_t rows, columns, depth;                     /* of y, and of the sum */
  int32_t row_a, depth_a;                           /* elements between rows of a, and between terms */
  int32_t depth_b, column_b;                        /* elements between terms of b, and between columns */
  int32_t zero_point_a, zero_point_b, output_zero_point; /* -128..127 */
  edgeml_scale scale; /* scale a * scale b / output scale */
} edgeml_batch_matmul_s8_params;

/* y (batch, rows, columns) = a (batch, rows, depth) times b (batch, depth, columns), by their strides. Every sum must fit in int32 (depth <= 32,768). */
void edgeml_batch_matmul_s8(const edgeml_batch_matmul_s8_params *params, const int8_t *restrict a,
                            const int8_t *restrict b, int8_t *restrict y);

#endif
