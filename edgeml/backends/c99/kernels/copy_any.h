/* Copy, whatever the elements are: a reshape whose tensors lie in two places. */
#ifndef EDGEML_COPY_ANY_H
#define EDGEML_COPY_ANY_H

#include <stdint.h>

typedef struct {
  int32_t element_size; /* bytes: 1, 2, 4 or 8 */
  int32_t size;
} edgeml_copy_any_params;

/* x (size), y (size). */
void edgeml_copy_any(const edgeml_copy_any_params *params, const void *restrict x, void *restrict y);

#endif
