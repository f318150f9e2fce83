#include "average_pool_2d_s8.h"

#include "requantize.h"
#include "window.h"

#define EDGEML_KERNEL edgeml_average_pool_2d_s8
#define EDGEML_PARAMS edgeml_average_pool_2d_s8_params
#define EDGEML_ELEMENT int8_t
#define EDGEML_SUM int32_t

static inline int8_t finish(const EDGEML_PARAMS *params, int32_t sum, int32_t count) {
  const int32_t rounded = (sum < 0 ? sum - count / 2 : sum + count / 2) / count;
  return (int8_t)edgeml_clamp_s32(rounded, params->activation_min, params->activation_max);
}

#include "average_pool_2d_loop.h"
