/* A factor from 0 on, another below, and a clamp, int16: relu and its relatives. */
#ifndef EDGEML_SLOPES_S16_H
#define EDGEML_SLOPES_S16_H

#include <stdint.h>

typedef struct {
  int32_t size;
  int32_t multiplier, shift;             /* the factor from 0 on, times 2^(31 - shift) */
  int32_t multiplier_below, shift_below; /* the factor below 0; the multiplier may be negative */
  int32_t activation_min, activation_max;
} edgeml_slopes_s16_params;

/* x (size), y (size), which may be the same; products are rounded twice. */
void edgeml_slopes_s16(const edgeml_slopes_s16_params *params, const int16_t *x, int16_t *y);

#endif
