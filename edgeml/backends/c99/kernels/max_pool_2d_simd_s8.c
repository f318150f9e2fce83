#include "max_pool_2d_simd_s8.h"

#include "simd.h"
#include "window.h"

#define EDGEML_SIMD_BODY "max_pool_2d_simd_body.h"
#include "simd_levels.h"

void edgeml_max_pool_2d_simd_s8(const edgeml_max_pool_2d_simd_s8_params *params, const int8_t *restrict x,
                                int8_t *restrict y) {
  EDGEML_SIMD_RUN(max_pool, (params, x, y))
}
