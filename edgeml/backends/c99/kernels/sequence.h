/* Order of batch and time in a sequence. */
#ifndef EDGEML_SEQUENCE_H
#define EDGEML_SEQUENCE_H

#include <stdint.h>

/* Row of batch b at time t in (batches, steps, …), or in (steps, batches, …) when time_major is not 0. */
static inline int32_t edgeml_sequence_row(int32_t b, int32_t t, int32_t batches, int32_t steps, int32_t time_major) {
  return time_major != 0 ? t * batches + b : b * steps + t;
}

/* bias + row . x + recurrent . h */
static inline float edgeml_gate_f32(float bias, const float *row, const float *x, int32_t size, const float *recurrent,
                                    const float *h, int32_t units) {
  float sum = 0.0f, seen = 0.0f;
  for (int32_t i = 0; i < size; ++i) sum += row[i] * x[i];
  for (int32_t i = 0; i < units; ++i) seen += recurrent[i] * h[i];
  return sum + seen + bias;
}

#endif
