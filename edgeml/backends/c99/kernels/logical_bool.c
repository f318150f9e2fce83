#include "logical_bool.h"

#define EDGEML_KERNEL edgeml_logical_bool
#define EDGEML_PARAMS edgeml_logical_bool_params
#define EDGEML_OPERAND uint8_t
#define EDGEML_RESULT uint8_t

static inline uint8_t apply(const EDGEML_PARAMS *params, uint8_t a, uint8_t b) {
  return (uint8_t)((params->truth >> (2 * a + b)) & 1);
}

#include "binary_loop.h"
