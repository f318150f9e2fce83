/* Dense layer over time with weights of low rank, int8 with an int16 state. */
#ifndef EDGEML_SVDF_S8_H
#define EDGEML_SVDF_S8_H

#include <stdint.h>

typedef struct {
  int32_t batches, input_size, filters, memory, rank; /* rank divides filters */
  int32_t input_zero_point, output_zero_point;
  int32_t feature_multiplier, feature_shift; /* sum of products to state steps, see fixed_point.h */
  int32_t output_multiplier, output_shift;   /* sum over time to output steps */
} edgeml_svdf_s8_params;

/* x (batches, input_size), feature (filters, input_size), time (filters, memory), bias (filters / rank) or NULL,
 * state and next (batches, filters, memory), oldest value first: the same buffer, or two; y (batches, filters / rank). */
void edgeml_svdf_s8(const edgeml_svdf_s8_params *params, const int8_t *x, const int8_t *feature, const int16_t *time,
                    const int32_t *bias, const int16_t *state, int8_t *y, int16_t *next);

#endif
