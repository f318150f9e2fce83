#include "depthwise_simd_s8.h"

#include "simd.h"

/* One row of outputs: where each tap's bytes start, in groups of four. */
typedef struct {
  const uint8_t *taps[EDGEML_DEPTHWISE_SIMD_TAPS];
  int32_t groups, chunks;
  const int8_t *w;
  const int32_t *bias;
  const float *scale;
  edgeml_simd_range range;
} row_job;

static inline int32_t at_most(int32_t a, int32_t b) { return a < b ? a : b; }

#define EDGEML_SIMD_BODY "depthwise_simd_body.h"
#include "simd_levels.h"

void edgeml_depthwise_simd_s8(const edgeml_depthwise_simd_s8_params *params, const int8_t *restrict x,
                            const int8_t *restrict w, const int32_t *restrict bias, const float *restrict scale,
                            void *restrict scratch, int8_t *restrict y) {
  EDGEML_SIMD_RUN(depthwise, (params, x, w, bias, scale, scratch, y))
}
