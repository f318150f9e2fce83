/* Mean of each window, int8, with the vector instructions of the processor (simd.h). */
#ifndef EDGEML_AVERAGE_POOL_2D_SIMD_S8_H
#define EDGEML_AVERAGE_POOL_2D_SIMD_S8_H

#include "average_pool_2d_s8.h"

typedef edgeml_average_pool_2d_s8_params edgeml_average_pool_2d_simd_s8_params;

/* As edgeml_average_pool_2d_s8, for windows of at most 65,536 elements. */
void edgeml_average_pool_2d_simd_s8(const edgeml_average_pool_2d_simd_s8_params *params, const int8_t *restrict x,
                                int8_t *restrict y);

#endif
