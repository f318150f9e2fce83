#include "max_pool_2d_dsp_s8.h"

#include "dsp.h"

#define EDGEML_POOL edgeml_max_pool_2d_dsp_s8
#define EDGEML_POOL_PARAMS edgeml_max_pool_2d_dsp_s8_params

typedef uint32_t sums;

static inline sums begin(void) { return 0x80808080u; }

static inline void take(sums *s, uint32_t four) { *s = edgeml_max_bytes(*s, four); }

static inline uint32_t finish(const sums *s, int32_t count) {
  (void)count;
  return *s;
}

#include "pool_dsp.h"
