#include "conv_2d_narrow_s16.h"

#include <stddef.h>

#include "window.h"

#define EDGEML_KERNEL edgeml_conv_2d_narrow_s16
#define EDGEML_PARAMS edgeml_conv_2d_narrow_s16_params
#define EDGEML_ELEMENT int16_t
#define EDGEML_WEIGHT int8_t
#define EDGEML_SUM int32_t
#define EDGEML_PRODUCT int32_t
#define EDGEML_SCALE_ARGUMENT const edgeml_factor_s16 *restrict factor,
#define EDGEML_FINISH(sum, o) edgeml_rescale_s64(sum, factor[o], params->activation_min, params->activation_max)

#include "conv_2d_loop.h"
