/* Sum and mean over any dimensions but the last, int8, with the vector instructions of the processor (simd.h). */
#ifndef EDGEML_REDUCE_SIMD_S8_H
#define EDGEML_REDUCE_SIMD_S8_H

#include "reduce_s8.h"

typedef edgeml_reduce_s8_params edgeml_reduce_simd_s8_params;

/* As edgeml_reduce_s8 for sums and means whose innermost kept loop has stride 1. */
void edgeml_reduce_simd_s8(const edgeml_reduce_simd_s8_params *params, const int8_t *restrict x, int8_t *restrict y);

#endif
