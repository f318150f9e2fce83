#include "unary_s32.h"

void edgeml_unary_s32(const edgeml_unary_s32_params *params, const int32_t *x, int32_t *y) {
  for (int32_t i = 0; i < params->size; ++i) {
    const int32_t negated = (int32_t)(0u - (uint32_t)x[i]), sign = (x[i] > 0) - (x[i] < 0);
    const int32_t size = sign < 0 ? negated : x[i];
    y[i] = params->operation == EDGEML_S32_NEG ? negated : params->operation == EDGEML_S32_SIGN ? sign : size;
  }
}
