/* tanh of int16 codes, from a table of the logistic function. */
#ifndef EDGEML_TANH_S16_H
#define EDGEML_TANH_S16_H

#include <stdint.h>

#include "sigmoid.h"

typedef edgeml_sigmoid_params edgeml_tanh_s16_params;

/* x (size), table (256): 65536 / (1 + exp(-i / 24)), y (size), Q0.15. x and y may be the same. */
void edgeml_tanh_s16(const edgeml_tanh_s16_params *params, const int16_t *x, const uint16_t *restrict table, int16_t *y);

#endif
