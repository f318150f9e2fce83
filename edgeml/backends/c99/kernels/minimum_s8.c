#include "minimum_s8.h"

#define EDGEML_KERNEL edgeml_minimum_s8
#define EDGEML_PARAMS edgeml_minimum_s8_params
#define EDGEML_OPERAND int8_t
#define EDGEML_RESULT int8_t

static inline int8_t apply(const EDGEML_PARAMS *params, int8_t a, int8_t b) {
  (void)params;
  return b < a ? b : a;
}

#include "binary_loop.h"
