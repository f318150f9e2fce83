#include "mul_simd_s8.h"

#include "simd.h"

#define EDGEML_SIMD_BODY "mul_simd_body.h"
#include "simd_levels.h"

void edgeml_mul_simd_s8(const edgeml_mul_simd_s8_params *params, const int8_t *restrict a, const int8_t *restrict b,
                        int8_t *restrict y) {
  EDGEML_SIMD_RUN(mul, (params, a, b, y))
}
