/* Any logical function of two bools, with broadcasting. */
#ifndef EDGEML_LOGICAL_BOOL_H
#define EDGEML_LOGICAL_BOOL_H

#include <stdint.h>

typedef struct {
  int32_t shape[4];                 /* of y */
  int32_t stride_a[4], stride_b[4]; /* elements; 0 where the operand is broadcast, see broadcast.h */
  int32_t truth; /* 0..15: bit 0 is the result for 0, 0, bit 1 for 0, 1, bit 2 for 1, 0, bit 3 for 1, 1 */
} edgeml_logical_bool_params;

/* a, b and y are 0 or 1; y is bit 2 a + b of `truth`. */
void edgeml_logical_bool(const edgeml_logical_bool_params *params, const uint8_t *a, const uint8_t *b, uint8_t *y);

#endif
