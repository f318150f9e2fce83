/* Softmax over rows, int16, from interpolated tables. */
#ifndef EDGEML_SOFTMAX_S16_H
#define EDGEML_SOFTMAX_S16_H

#include <stdint.h>

typedef struct {
  int32_t rows, depth;       /* depth 65536 at most */
  int32_t multiplier, shift; /* codes of x to codes of the exponentials' argument, times 2^(31 - shift) */
} edgeml_softmax_s16_params;

/* x (rows, depth), exponentials (513): exp(-10) to exp(0), reciprocals (513): 1 / (1 + x) for 0 to 1, both Q0.15,
 * y (rows, depth), Q0.15. x and y may be the same. */
void edgeml_softmax_s16(const edgeml_softmax_s16_params *params, const int16_t *x, const int16_t *restrict exponentials,
                        const int16_t *restrict reciprocals, int16_t *y);

#endif
