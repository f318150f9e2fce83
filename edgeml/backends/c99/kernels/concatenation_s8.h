/* Tensors joined along one axis, int8. */
#ifndef EDGEML_CONCATENATION_S8_H
#define EDGEML_CONCATENATION_S8_H

#include <stdint.h>

typedef struct {
  int32_t outer;    /* steps before the axis */
  int32_t inputs;   /* 1..8 */
  int32_t inner[8]; /* elements of each input in one outer step */
} edgeml_concatenation_s8_params;

/* inputs[i] (outer, inner[i]), y (outer, sum of inner). */
void edgeml_concatenation_s8(const edgeml_concatenation_s8_params *params, const int8_t *const inputs[],
                             int8_t *restrict y);

#endif
