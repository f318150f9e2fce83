/* Elementwise maximum with broadcasting, int8. */
#ifndef EDGEML_MAXIMUM_S8_H
#define EDGEML_MAXIMUM_S8_H

#include "broadcast.h"

typedef edgeml_broadcast_params edgeml_maximum_s8_params;

/* y = b > a ? b : a; all have one scale and zero point. */
void edgeml_maximum_s8(const edgeml_maximum_s8_params *params, const int8_t *a, const int8_t *b, int8_t *y);

#endif
