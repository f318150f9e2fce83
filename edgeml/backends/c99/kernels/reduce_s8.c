#include "reduce_s8.h"

#include "reduce.h"
#include "requantize.h"

void edgeml_reduce_s8(const edgeml_reduce_s8_params *params, const int8_t *restrict x, int8_t *restrict y) {
  switch (params->kind) {
    case EDGEML_REDUCE_MAX:
      EDGEML_FOR_KEPT(params, int8_t, x, first, {
        int32_t largest = *first;
        EDGEML_FOR_REDUCED(params, int8_t, first, value, { largest = value > largest ? value : largest; })
        *y++ = (int8_t)largest;
      })
      break;
    case EDGEML_REDUCE_MIN:
      EDGEML_FOR_KEPT(params, int8_t, x, first, {
        int32_t smallest = *first;
        EDGEML_FOR_REDUCED(params, int8_t, first, value, { smallest = value < smallest ? value : smallest; })
        *y++ = (int8_t)smallest;
      })
      break;
    default:
      EDGEML_FOR_KEPT(params, int8_t, x, first, {
        int32_t sum = 0;
        EDGEML_FOR_REDUCED(params, int8_t, first, value, { sum += value; })
        const float product = (float)sum * params->scale;
        *y++ = (int8_t)edgeml_round_s8(product + params->offset, 0, -128, 127);
      })
      break;
  }
}
