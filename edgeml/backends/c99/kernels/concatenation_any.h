/* Tensors joined along one axis, whatever their elements are. */
#ifndef EDGEML_CONCATENATION_ANY_H
#define EDGEML_CONCATENATION_ANY_H

#include <stdint.h>

typedef struct {
  int32_t element_size; /* bytes: 1, 2, 4 or 8 */
  int32_t outer;        /* steps before the axis */
  int32_t inputs;       /* 1 or more */
} edgeml_concatenation_any_params;

/* inputs[i] (outer, inner[i]), inner (inputs), y (outer, sum of inner). */
void edgeml_concatenation_any(const edgeml_concatenation_any_params *params, const void *const inputs[],
                              const int32_t *restrict inner, void *restrict y);

#endif
