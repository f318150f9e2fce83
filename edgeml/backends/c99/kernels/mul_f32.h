/* Elementwise product with broadcasting, float32. */
#ifndef EDGEML_MUL_F32_H
#define EDGEML_MUL_F32_H

#include <stdint.h>

typedef struct {
  int32_t elements;                 /* of y */
  int32_t shape[4];                 /* of y */
  int32_t stride_a[4], stride_b[4]; /* elements; 0 where the operand is broadcast */
  float activation_min, activation_max;
} edgeml_mul_f32_params;

/* y = clamp(a * b). */
void edgeml_mul_f32(const edgeml_mul_f32_params *params, const float *restrict a, const float *restrict b,
                    float *restrict y);

#endif
