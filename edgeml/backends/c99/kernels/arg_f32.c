#include "arg_f32.h"

#include "arg_loop.h"

void edgeml_arg_f32(const edgeml_arg_f32_params *params, const float *restrict x, void *restrict y) {
  EDGEML_ARG(params, float, x, y);
}
