#include "batch_matmul_fixed_s8.h"

#include "batches.h"
#include "fixed_point.h"
#include "requantize.h"

static int8_t *multiply(const edgeml_batch_matmul_fixed_s8_params *p, const int8_t *restrict a,
                        const int8_t *restrict b, int8_t *restrict y) {
  const int32_t zero_a = p->zero_point_a, zero_b = p->zero_point_b, zero = p->output_zero_point;
  for (int32_t i = 0; i < p->rows; ++i) {
    for (int32_t j = 0; j < p->columns; ++j) {
      const int8_t *u = a + i * p->row_a, *v = b + j * p->column_b;
      int32_t sum = 0;
      for (int32_t k = p->depth; k > 0; --k, u += p->depth_a, v += p->depth_b) sum += (*u - zero_a) * (*v - zero_b);
      const int32_t steps = edgeml_multiply_by_quantized_multiplier(sum, p->multiplier, p->shift);
      *y++ = (int8_t)(edgeml_clamp_s32(steps, -128 - zero, 127 - zero) + zero);
    }
  }
  return y;
}

void edgeml_batch_matmul_fixed_s8(const edgeml_batch_matmul_fixed_s8_params *params, const int8_t *restrict a,
                                  const int8_t *restrict b, int8_t *restrict y) {
  EDGEML_FOR_BATCHES(params, from_a, from_b, { y = multiply(params, a + from_a, b + from_b, y); })
}
