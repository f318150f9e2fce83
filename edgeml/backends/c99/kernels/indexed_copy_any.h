/* Elements of a tensor chosen by an index for each dimension, whatever their type. */
#ifndef EDGEML_INDEXED_COPY_ANY_H
#define EDGEML_INDEXED_COPY_ANY_H

#include <stdint.h>

typedef struct {
  int32_t element_size; /* bytes: 1, 2, 4 or 8 */
  int32_t shape[4];     /* of y without the run */
  int32_t run;          /* neighbouring elements that stay together */
} edgeml_indexed_copy_any_params;

/* y (shape, run): y[i, j, k, l, :] is the run of x that starts at the sum of offsets[i], offsets[shape[0] + j] and so on,
 * in elements; `offsets` holds shape[0] + shape[1] + shape[2] + shape[3] of them. */
void edgeml_indexed_copy_any(const edgeml_indexed_copy_any_params *params, const void *restrict x,
                             const int32_t *restrict offsets, void *restrict y);

#endif
