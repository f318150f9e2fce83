#include "requantize_s16.h"

#include "fixed_point.h"
#include "requantize.h"

#define EDGEML_KERNEL edgeml_requantize_s16
#define EDGEML_INPUT int16_t
#define EDGEML_RESULT int16_t
#define EDGEML_MIN (-32768)
#define EDGEML_MAX 32767

#include "rescale_codes.h"
