#include "fully_connected_plain_s16.h"

#include <stddef.h>

#define EDGEML_KERNEL edgeml_fully_connected_plain_s16
#define EDGEML_PARAMS edgeml_fully_connected_plain_s16_params
#define EDGEML_ELEMENT int16_t
#define EDGEML_WEIGHT int8_t
#define EDGEML_SUM int32_t
#define EDGEML_PRODUCT int32_t
#define EDGEML_SCALE_ARGUMENT const edgeml_multiplier_s16 *restrict factor,
#define EDGEML_FINISH(sum, o) edgeml_rescale_twice(sum, factor[o], params->activation_min, params->activation_max)

#include "fully_connected_loop.h"
