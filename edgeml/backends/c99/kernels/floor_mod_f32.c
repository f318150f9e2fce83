#include "floor_mod_f32.h"

#define EDGEML_KERNEL edgeml_floor_mod_f32
#define EDGEML_PARAMS edgeml_floor_mod_f32_params
#define EDGEML_OPERAND float
#define EDGEML_RESULT float

#include "remainder_f32.h"

static inline float apply(const EDGEML_PARAMS *params, float a, float b) {
  (void)params;
  const float rest = edgeml_remainder_f32(a, b);
  return rest != 0.0f && (rest < 0.0f) != (b < 0.0f) ? rest + b : rest;
}

#include "binary_loop.h"
