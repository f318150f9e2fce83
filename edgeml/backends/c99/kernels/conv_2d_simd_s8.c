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

#if EDGEML_SIMD_X86
#define EDGEML_LEVEL avx512
#include "conv_2d_simd_body.h"
#undef EDGEML_LEVEL
#define EDGEML_LEVEL avxvnni
#include "conv_2d_simd_body.h"
#undef EDGEML_LEVEL
#define EDGEML_LEVEL avx2
#include "conv_2d_simd_body.h"
#undef EDGEML_LEVEL
#endif
#if EDGEML_SIMD_NEON
#define EDGEML_LEVEL neon
#include "conv_2d_simd_body.h"
#undef EDGEML_LEVEL
#endif
#if !EDGEML_SIMD_NEON
#define EDGEML_LEVEL portable
#include "conv_2d_simd_body.h"
#undef EDGEML_LEVEL
#endif

void edgeml_conv_2d_simd_s8(const edgeml_conv_2d_simd_s8_params *params, const int8_t *restrict x,
                            const int8_t *restrict w, const int32_t *restrict bias, const float *restrict scale,
                            void *restrict scratch, int8_t *restrict y) {
#if EDGEML_SIMD_X86
  switch (edgeml_simd_level()) {
    case EDGEML_SIMD_AVX512: edgeml_convolve_avx512(params, x, w, bias, scale, scratch, y); break;
    case EDGEML_SIMD_AVXVNNI: edgeml_convolve_avxvnni(params, x, w, bias, scale, scratch, y); break;
    case EDGEML_SIMD_AVX2: edgeml_convolve_avx2(params, x, w, bias, scale, scratch, y); break;
    default: edgeml_convolve_portable(params, x, w, bias, scale, scratch, y); break;
  }
#elif EDGEML_SIMD_NEON
  edgeml_convolve_neon(params, x, w, bias, scale, scratch, y);
#else
  edgeml_convolve_portable(params, x, w, bias, scale, scratch, y);
#endif
}
