/* Mean over one block of dimensions, int8. */
#ifndef EDGEML_MEAN_S8_H
#define EDGEML_MEAN_S8_H

#include <stdint.h>

typedef struct {
  int32_t outer, reduce, inner;
  float scale;  /* input scale / output scale / number of averaged elements */
  float offset; /* both zero points, in output steps */
} edgeml_mean_s8_params;

/* x (outer, reduce, inner), y (outer, inner): rint((float)sum * scale + offset), saturated; product and sum
 * are two float32 operations. */
void edgeml_mean_s8(const edgeml_mean_s8_params *params, const int8_t *restrict x, int8_t *restrict y);

#endif
