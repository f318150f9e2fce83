#include "average_pool_2d_dsp_s8.h"

#include "dsp.h"

#define EDGEML_POOL edgeml_average_pool_2d_dsp_s8
#define EDGEML_POOL_PARAMS edgeml_average_pool_2d_dsp_s8_params

typedef struct {
  uint32_t even, odd; /* sums of channels 0 and 2, 1 and 3: 256 values fit */
} sums;

static inline sums begin(void) {
  const sums none = {0, 0};
  return none;
}

static inline void take(sums *s, uint32_t four) {
  s->even = edgeml_sxtab16(s->even, four);
  s->odd = edgeml_sxtab16_odd(s->odd, four);
}

static inline uint32_t mean(int32_t sum, int32_t count) {
  return (uint8_t)((sum < 0 ? sum - count / 2 : sum + count / 2) / count);
}

static inline uint32_t finish(const sums *s, int32_t count) {
  return mean(edgeml_low(s->even), count) | (mean(edgeml_low(s->odd), count) << 8) |
         (mean(edgeml_high(s->even), count) << 16) | (mean(edgeml_high(s->odd), count) << 24);
}

#include "pool_dsp.h"
