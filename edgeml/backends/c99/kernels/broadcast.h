/* Broadcasting: operands that stand still along some dimensions of the result. */
#ifndef EDGEML_BROADCAST_H
#define EDGEML_BROADCAST_H

#include <stdint.h>

/* The compiler merges neighbouring dimensions that both operands pass in the same way, so that four are enough and
 * operands without broadcasting have one. */
typedef struct {
  int32_t shape[4];                 /* of y */
  int32_t stride_a[4], stride_b[4]; /* elements; 0 where the operand is broadcast */
} edgeml_broadcast_params;

#endif
