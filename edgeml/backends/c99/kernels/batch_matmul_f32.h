/* Matrix products over leading dimensions, float32. */
#ifndef EDGEML_BATCH_MATMUL_F32_H
#define EDGEML_BATCH_MATMUL_F32_H

#include <stdint.h>

typedef struct {
  int32_t batch[3];                                 /* leading dimensions of y */
  int32_t batch_a[3], batch_b[3];                   /* elements between matrices; 0 repeats one */
  int32_t rows, columns, depth;                     /* of y, and of the sum */
  int32_t row_a, depth_a;                           /* elements between rows of a, and between terms */
  int32_t depth_b, column_b;                        /* elements between terms of b, and between columns */
} edgeml_batch_matmul_f32_params;

/* y (batch, rows, columns) = a (batch, rows, depth) times b (batch, depth, columns), by their strides. */
void edgeml_batch_matmul_f32(const edgeml_batch_matmul_f32_params *params, const float *restrict a,
                             const float *restrict b, float *restrict y);

#endif
