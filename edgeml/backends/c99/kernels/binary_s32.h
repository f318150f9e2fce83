/* Integer arithmetic with broadcasting, int32: all operations in one kernel, for the few index sums of a model. */
#ifndef EDGEML_BINARY_S32_H
#define EDGEML_BINARY_S32_H

#include <stdint.h>

enum {
  EDGEML_S32_ADD,
  EDGEML_S32_SUB,
  EDGEML_S32_MUL,
  EDGEML_S32_DIV, /* rounded toward zero */
  EDGEML_S32_FLOOR_DIV,
  EDGEML_S32_FLOOR_MOD, /* the sign of b */
  EDGEML_S32_MINIMUM,
  EDGEML_S32_MAXIMUM,
  EDGEML_S32_SQUARED_DIFFERENCE,
  EDGEML_S32_POW /* 0 for a negative exponent, except of 1 and -1 */
};

typedef struct {
  int32_t shape[4];                 /* of y */
  int32_t stride_a[4], stride_b[4]; /* elements; 0 where the operand is broadcast, see broadcast.h */
  int32_t operation;                /* one of EDGEML_S32_ADD, ... */
  int32_t activation_min, activation_max;
} edgeml_binary_s32_params;

/* y = clamp(a operation b). Sums and products wrap around; a division by 0 gives 0. */
void edgeml_binary_s32(const edgeml_binary_s32_params *params, const int32_t *a, const int32_t *b, int32_t *y);

#endif
