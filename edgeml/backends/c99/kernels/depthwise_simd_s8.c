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

#if EDGEML_SIMD_X86
#define EDGEML_LEVEL avx512
#include "depthwise_simd_body.h"
#undef EDGEML_LEVEL
#define EDGEML_LEVEL avxvnni
#include "depthwise_simd_body.h"
#undef EDGEML_LEVEL
#define EDGEML_LEVEL avx2
#include "depthwise_simd_body.h"
#undef EDGEML_LEVEL
#endif
#if EDGEML_SIMD_NEON
#define EDGEML_LEVEL neon
#include "depthwise_simd_body.h"
#undef EDGEML_LEVEL
#endif
#if !EDGEML_SIMD_NEON
#define EDGEML_LEVEL portable
#include "depthwise_simd_body.h"
#undef EDGEML_LEVEL
#endif

void edgeml_depthwise_simd_s8(const edgeml_depthwise_simd_s8_params *params, const int8_t *restrict x,
                            const int8_t *restrict w, const int32_t *restrict bias, const float *restrict scale,
                            void *restrict scratch, int8_t *restrict y) {
#if EDGEML_SIMD_X86
  switch (edgeml_simd_level()) {
    case EDGEML_SIMD_AVX512: edgeml_depthwise_avx512(params, x, w, bias, scale, scratch, y); break;
    case EDGEML_SIMD_AVXVNNI: edgeml_depthwise_avxvnni(params, x, w, bias, scale, scratch, y); break;
    case EDGEML_SIMD_AVX2: edgeml_depthwise_avx2(params, x, w, bias, scale, scratch, y); break;
    default: edgeml_depthwise_portable(params, x, w, bias, scale, scratch, y); break;
  }
#elif EDGEML_SIMD_NEON
  edgeml_depthwise_neon(params, x, w, bias, scale, scratch, y);
#else
  edgeml_depthwise_portable(params, x, w, bias, scale, scratch, y);
#endif
}
