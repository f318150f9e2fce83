/* logistic of int16 codes that are fixed-point numbers. */
#ifndef EDGEML_LOGISTIC_BINARY_S16_H
#define EDGEML_LOGISTIC_BINARY_S16_H

#include <stdint.h>

typedef struct {
  int32_t size;
  int32_t shift; /* codes times 2^shift have 3 integer bits */
} edgeml_logistic_binary_s16_params;

/* x (size), y (size), Q0.15. x and y may be the same. */
void edgeml_logistic_binary_s16(const edgeml_logistic_binary_s16_params *params, const int16_t *x, int16_t *y);

#endif
