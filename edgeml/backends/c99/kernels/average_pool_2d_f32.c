#include "average_pool_2d_f32.h"

#include "window.h"

#define EDGEML_KERNEL edgeml_average_pool_2d_f32
#define EDGEML_PARAMS edgeml_average_pool_2d_f32_params
#define EDGEML_ELEMENT float
#define EDGEML_SUM float

static inline float finish(const EDGEML_PARAMS *params, float sum, int32_t count) {
  float mean = sum / (float)count;
  mean = mean < params->activation_min ? params->activation_min : mean;
  return mean > params->activation_max ? params->activation_max : mean;
}

#include "average_pool_2d_loop.h"
