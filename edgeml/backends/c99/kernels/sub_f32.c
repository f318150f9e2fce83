#include "sub_f32.h"

#define EDGEML_KERNEL edgeml_sub_f32
#define EDGEML_PARAMS edgeml_sub_f32_params
#define EDGEML_OPERAND float
#define EDGEML_RESULT float

static inline float apply(const EDGEML_PARAMS *params, float a, float b) {
  return edgeml_activation_f32(params, a - b);
}

#include "binary_loop.h"
