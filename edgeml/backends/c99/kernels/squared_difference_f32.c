#include "squared_difference_f32.h"

#define EDGEML_KERNEL edgeml_squared_difference_f32
#define EDGEML_PARAMS edgeml_squared_difference_f32_params
#define EDGEML_OPERAND float
#define EDGEML_RESULT float

static inline float apply(const EDGEML_PARAMS *params, float a, float b) {
  (void)params;
  return (a - b) * (a - b);
}

#include "binary_loop.h"
