#include "pow_f32.h"

#include "power_f32.h"

#define EDGEML_KERNEL edgeml_pow_f32
#define EDGEML_PARAMS edgeml_pow_f32_params
#define EDGEML_OPERAND float
#define EDGEML_RESULT float

static inline float apply(const EDGEML_PARAMS *params, float a, float b) {
  (void)params;
  return edgeml_powf(a, b);
}

#include "binary_loop.h"
