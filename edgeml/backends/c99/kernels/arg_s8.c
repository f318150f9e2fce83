#include "arg_s8.h"

#include "arg_loop.h"

void edgeml_arg_s8(const edgeml_arg_s8_params *params, const int8_t *restrict x, void *restrict y) {
  EDGEML_ARG(params, int8_t, x, y);
}
