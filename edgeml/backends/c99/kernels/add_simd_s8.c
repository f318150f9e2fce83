#include "add_simd_s8.h"

#include "simd.h"

#define EDGEML_SIMD_BODY "add_simd_body.h"
#include "simd_levels.h"

void edgeml_add_simd_s8(const edgeml_add_simd_s8_params *params, const int8_t *restrict a, const int8_t *restrict b,
                        int8_t *restrict y) {
  EDGEML_SIMD_RUN(add, (params, a, b, y))
}
