#include "prelu_f32.h"

#define EDGEML_KERNEL edgeml_prelu_f32
#define EDGEML_PARAMS edgeml_prelu_f32_params
#define EDGEML_OPERAND float
#define EDGEML_RESULT float

static inline float apply(const EDGEML_PARAMS *params, float a, float b) {
  (void)params;
  return a < 0.0f ? a * b : a;
}

#include "binary_loop.h"
