/* Elementwise choice between two operands with broadcasting, for elements of any type. */
#ifndef EDGEML_SELECT_ANY_H
#define EDGEML_SELECT_ANY_H

#include <stdint.h>

typedef struct {
  int32_t shape[4];                                    /* of y */
  int32_t stride_condition[4], stride_a[4], stride_b[4]; /* elements; 0 where the operand is broadcast */
  int32_t element_size;                                /* bytes */
} edgeml_select_any_params;

/* y = a where the condition is not 0, else b. */
void edgeml_select_any(const edgeml_select_any_params *params, const uint8_t *restrict condition,
                       const void *restrict a, const void *restrict b, void *restrict y);

#endif
