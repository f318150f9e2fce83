#include "max_pool_2d_f32.h"

#include "window.h"

#define EDGEML_KERNEL edgeml_max_pool_2d_f32
#define EDGEML_PARAMS edgeml_max_pool_2d_f32_params
#define EDGEML_ELEMENT float
#define EDGEML_SUM float

static inline float finish(const EDGEML_PARAMS *params, float largest) {
  largest = largest < params->activation_min ? params->activation_min : largest;
  return largest > params->activation_max ? params->activation_max : largest;
}

#include "max_pool_2d_loop.h"
