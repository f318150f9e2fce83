/* Parameters of float32 kernels of two operands with a fused activation. */
#ifndef EDGEML_BINARY_F32_H
#define EDGEML_BINARY_F32_H

#include <stdint.h>

typedef struct {
  int32_t shape[4];                 /* of y */
  int32_t stride_a[4], stride_b[4]; /* elements; 0 where the operand is broadcast, see broadcast.h */
  float activation_min, activation_max;
} edgeml_binary_f32_params;

static inline float edgeml_activation_f32(const edgeml_binary_f32_params *params, float value) {
  value = value < params->activation_min ? params->activation_min : value;
  return value > params->activation_max ? params->activation_max : value;
}

#endif
