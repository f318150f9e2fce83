#include "pad_s8.h"

#define EDGEML_KERNEL edgeml_pad_s8
#define EDGEML_PARAMS edgeml_pad_s8_params
#define EDGEML_ELEMENT int8_t

#include "pad_loop.h"
