#include "compare_f32.h"

#define EDGEML_KERNEL edgeml_compare_f32
#define EDGEML_PARAMS edgeml_compare_f32_params
#define EDGEML_OPERAND float
#define EDGEML_RESULT uint8_t

static inline uint8_t apply(const EDGEML_PARAMS *params, float a, float b) {
  const int32_t relation = a < b ? 1 : a == b ? 2 : a > b ? 4 : 8;
  return (uint8_t)((params->accept & relation) != 0);
}

#include "binary_loop.h"
