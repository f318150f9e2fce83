#include "requantize_s16_s8.h"

#include "fixed_point.h"
#include "requantize.h"

#define EDGEML_KERNEL edgeml_requantize_s16_s8
#define EDGEML_INPUT int16_t
#define EDGEML_RESULT int8_t
#define EDGEML_MIN (-128)
#define EDGEML_MAX 127

#include "rescale_codes.h"
