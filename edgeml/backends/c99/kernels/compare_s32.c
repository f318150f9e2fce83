#include "compare_s32.h"

#define EDGEML_KERNEL edgeml_compare_s32
#define EDGEML_PARAMS edgeml_compare_s32_params
#define EDGEML_OPERAND int32_t
#define EDGEML_RESULT uint8_t

static inline uint8_t apply(const EDGEML_PARAMS *params, int32_t a, int32_t b) {
  const int32_t relation = a < b ? 1 : a == b ? 2 : 4;
  return (uint8_t)((params->accept & relation) != 0);
}

#include "binary_loop.h"
