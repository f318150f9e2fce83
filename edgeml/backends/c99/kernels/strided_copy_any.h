/* Elements of a tensor in another order, some left out or repeated, whatever their type. */
#ifndef EDGEML_STRIDED_COPY_ANY_H
#define EDGEML_STRIDED_COPY_ANY_H

#include <stdint.h>

typedef struct {
  int32_t element_size; /* bytes: 1, 2, 4 or 8 */
  int32_t shape[8];     /* of y, outermost first */
  int32_t stride[8];    /* elements of x from one index to the next; 0 repeats, negative goes backwards */
  int32_t offset;       /* element of x that comes first */
} edgeml_strided_copy_any_params;

/* y (shape): y[i, j, ...] = x[offset + i * stride[0] + j * stride[1] + ...]. Every such element lies in x. */
void edgeml_strided_copy_any(const edgeml_strided_copy_any_params *params, const void *restrict x, void *restrict y);

#endif
