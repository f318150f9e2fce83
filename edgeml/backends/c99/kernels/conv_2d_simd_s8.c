#include "conv_2d_simd_s8.h"

#include "compiler.h"
#include "simd.h"

/* A row of output pixels: the same runs of x for all channels, pixel after pixel `step` bytes on. */
typedef struct {
  const uint8_t *runs[EDGEML_CONV_2D_SIMD_RUNS];
  int32_t run_count, quads, step, pixels;
  const int8_t *w;
  const int32_t *bias;
  const float *scale;
  int8_t *y;
  int32_t channels;
  edgeml_simd_range range;
} row_job;

static inline int32_t at_most(int32_t a, int32_t b) { return a < b ? a : b; }

#define EDGEML_SIMD_BODY "conv_2d_simd_body.h"
#include "simd_levels.h"

void edgeml_conv_2d_simd_s8(const edgeml_conv_2d_simd_s8_params *params, const int8_t *restrict x,
                            const int8_t *restrict w, const int32_t *restrict bias, const float *restrict scale,
                            void *restrict scratch, int8_t *restrict y) {
  EDGEML_SIMD_RUN(convolve, (params, x, w, bias, scale, scratch, y))
}
