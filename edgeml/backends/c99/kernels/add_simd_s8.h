/* Elementwise sum with broadcasting, int8, with the vector instructions of the processor (simd.h). */
#ifndef EDGEML_ADD_SIMD_S8_H
#define EDGEML_ADD_SIMD_S8_H

#include "add_s8.h"

typedef edgeml_add_s8_params edgeml_add_simd_s8_params;

/* As edgeml_add_s8. */
void edgeml_add_simd_s8(const edgeml_add_simd_s8_params *params, const int8_t *restrict a, const int8_t *restrict b,
                        int8_t *restrict y);

#endif
