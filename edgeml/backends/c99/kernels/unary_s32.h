/* Integer functions of one operand, int32: all in one kernel, for the few index sums of a model. */
#ifndef EDGEML_UNARY_S32_H
#define EDGEML_UNARY_S32_H

#include <stdint.h>

enum { EDGEML_S32_ABS, EDGEML_S32_NEG, EDGEML_S32_SIGN };

typedef struct {
  int32_t size;
  int32_t operation; /* one of EDGEML_S32_ABS, ... */
} edgeml_unary_s32_params;

/* x (size), y (size), which may be the same; -2^31 has no absolute value and keeps its bits. */
void edgeml_unary_s32(const edgeml_unary_s32_params *params, const int32_t *x, int32_t *y);

#endif
