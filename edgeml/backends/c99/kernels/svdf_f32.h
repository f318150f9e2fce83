/* Dense layer over time with weights of low rank, float32. */
#ifndef EDGEML_SVDF_F32_H
#define EDGEML_SVDF_F32_H

#include <stdint.h>

typedef struct {
  int32_t batches, input_size, filters, memory, rank; /* rank divides filters */
  float activation_min, activation_max;
} edgeml_svdf_f32_params;

/* x (batches, input_size), feature (filters, input_size), time (filters, memory), bias (filters / rank) or NULL,
 * state and next (batches, filters, memory), oldest value first: the same buffer, or two; y (batches, filters / rank). */
void edgeml_svdf_f32(const edgeml_svdf_f32_params *params, const float *x, const float *feature, const float *time,
                     const float *bias, const float *state, float *y, float *next);

#endif
