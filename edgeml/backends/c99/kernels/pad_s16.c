#include "pad_s16.h"

#define EDGEML_KERNEL edgeml_pad_s16
#define EDGEML_PARAMS edgeml_pad_s16_params
#define EDGEML_ELEMENT int16_t

#include "pad_loop.h"
