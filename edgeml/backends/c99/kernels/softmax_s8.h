/* Softmax over rows, int8. */
#ifndef EDGEML_SOFTMAX_S8_H
#define EDGEML_SOFTMAX_S8_H

#include <stdint.h>

typedef struct {
  int32_t rows, depth;
  int32_t output_zero_point; /* -128..127 */
  float output_scale;
} edgeml_softmax_s8_params;

/* x (rows, depth), table (256): entry 255 - d is the exponential for d steps below the row's maximum,
 * y (rows, depth). The exponentials are summed in order. */
void edgeml_softmax_s8(const edgeml_softmax_s8_params *params, const int8_t *x, const float *restrict table, int8_t *y);

#endif
