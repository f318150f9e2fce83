/* Mean over one block of dimensions, int8. */
#ifndef EDGEML_MEAN_S8_H
#define EDGEML_MEAN_S8_H

#include <stdint.h>

typedef struct {
  int32_t outer, reduce, inner;
  int32_t input_zero_point, output_zero_point; /* -128..127 */
  float scale;                                 /* input scale / output scale / number of averaged elements */
} edgeml_mean_s8_params;

/* x (outer, reduce, inner), y (outer, inner). */
void edgeml_mean_s8(const edgeml_mean_s8_params *params, const int8_t *restrict x, int8_t *restrict y);

#endif
