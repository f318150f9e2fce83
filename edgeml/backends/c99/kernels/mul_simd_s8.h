/* Elementwise product with broadcasting, int8, with the vector instructions of the processor (simd.h). */
#ifndef EDGEML_MUL_SIMD_S8_H
#define EDGEML_MUL_SIMD_S8_H

#include <stdint.h>

typedef struct {
  int32_t shape[4];                 /* of y */
  int32_t stride_a[4], stride_b[4]; /* elements; 0 where the operand is broadcast */
  int32_t a_zero_point, b_zero_point, output_zero_point;
  float scale; /* a's scale * b's scale / y's scale */
  int32_t activation_min, activation_max;
} edgeml_mul_simd_s8_params;

/* As edgeml_mul_s8 under litert numerics. */
void edgeml_mul_simd_s8(const edgeml_mul_simd_s8_params *params, const int8_t *restrict a, const int8_t *restrict b,
                        int8_t *restrict y);

#endif
