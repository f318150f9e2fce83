#include "max_pool_2d_s16.h"

#include "requantize.h"
#include "window.h"

#define EDGEML_KERNEL edgeml_max_pool_2d_s16
#define EDGEML_PARAMS edgeml_max_pool_2d_s16_params
#define EDGEML_ELEMENT int16_t
#define EDGEML_SUM int32_t

static inline int16_t finish(const EDGEML_PARAMS *params, int32_t largest) {
  return (int16_t)edgeml_clamp_s32(largest, params->activation_min, params->activation_max);
}

#include "max_pool_2d_loop.h"
