#include "reduce_simd_s8.h"

#include "simd.h"

#define EDGEML_SIMD_BODY "reduce_simd_body.h"
#include "simd_levels.h"

void edgeml_reduce_simd_s8(const edgeml_reduce_simd_s8_params *params, const int8_t *restrict x, int8_t *restrict y) {
  EDGEML_SIMD_RUN(reduce, (params, x, y))
}
