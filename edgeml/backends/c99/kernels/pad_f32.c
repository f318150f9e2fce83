#include "pad_f32.h"

#define EDGEML_KERNEL edgeml_pad_f32
#define EDGEML_PARAMS edgeml_pad_f32_params
#define EDGEML_ELEMENT float

#include "pad_loop.h"
