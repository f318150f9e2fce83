#include "batch_matmul_f32.h"

#include "batches.h"

static float *multiply(const edgeml_batch_matmul_f32_params *p, const float *restrict a, const float *restrict b,
                       float *restrict y) {
  for (int32_t i = 0; i < p->rows; ++i) {
    for (int32_t j = 0; j < p->columns; ++j) {
      const float *u = a + i * p->row_a, *v = b + j * p->column_b;
      float sum = 0.0f;
      for (int32_t k = p->depth; k > 0; --k, u += p->depth_a, v += p->depth_b) sum += *u * *v;
      *y++ = sum;
    }
  }
  return y;
}

void edgeml_batch_matmul_f32(const edgeml_batch_matmul_f32_params *params, const float *restrict a,
                             const float *restrict b, float *restrict y) {
  EDGEML_FOR_BATCHES(params, from_a, from_b, { y = multiply(params, a + from_a, b + from_b, y); })
}
