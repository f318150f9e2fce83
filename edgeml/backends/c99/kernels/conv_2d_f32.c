#include "conv_2d_f32.h"

#include <stddef.h>

#include "window.h"

#define EDGEML_KERNEL edgeml_conv_2d_f32
#define EDGEML_PARAMS edgeml_conv_2d_f32_params
#define EDGEML_ELEMENT float
#define EDGEML_WEIGHT float
#define EDGEML_SUM float
#define EDGEML_PRODUCT float
#define EDGEML_SCALE_ARGUMENT
#define EDGEML_FINISH(sum, o) \
  ((sum) < params->activation_min   ? params->activation_min \
   : (sum) > params->activation_max ? params->activation_max \
                                    : (sum))

#include "conv_2d_loop.h"
