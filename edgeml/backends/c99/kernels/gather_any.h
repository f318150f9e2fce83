/* Slices of a tensor by index along one axis, whatever the elements are. */
#ifndef EDGEML_GATHER_ANY_H
#define EDGEML_GATHER_ANY_H

#include <stdint.h>

typedef struct {
  int32_t element_size; /* bytes: 1, 2, 4 or 8 */
  int32_t index_size;   /* bytes: 4 (int32) or 8 (int64) */
  int32_t batch, outer, size, count, inner;
} edgeml_gather_any_params;

/* x (batch, outer, size, inner), indices (batch, count), y (batch, outer, count, inner). A negative index counts from
 * the back; beyond the ends it becomes the nearest valid one, so that any indices are safe. */
void edgeml_gather_any(const edgeml_gather_any_params *params, const void *restrict x, const void *restrict indices,
                       void *restrict y);

#endif
