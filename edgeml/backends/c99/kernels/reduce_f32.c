#include "reduce_f32.h"

#include "reduce.h"

void edgeml_reduce_f32(const edgeml_reduce_f32_params *params, const float *restrict x, float *restrict y) {
  switch (params->kind) {
    case EDGEML_REDUCE_MAX:
      EDGEML_FOR_KEPT(params, float, x, first, {
        float largest = *first;
        EDGEML_FOR_REDUCED(params, float, first, value, { largest = value > largest ? value : largest; })
        *y++ = largest;
      })
      break;
    case EDGEML_REDUCE_MIN:
      EDGEML_FOR_KEPT(params, float, x, first, {
        float smallest = *first;
        EDGEML_FOR_REDUCED(params, float, first, value, { smallest = value < smallest ? value : smallest; })
        *y++ = smallest;
      })
      break;
    case EDGEML_REDUCE_PROD:
      EDGEML_FOR_KEPT(params, float, x, first, {
        float product = 1.0f;
        EDGEML_FOR_REDUCED(params, float, first, value, { product *= value; })
        *y++ = product;
      })
      break;
    default:
      EDGEML_FOR_KEPT(params, float, x, first, {
        float sum = 0.0f;
        EDGEML_FOR_REDUCED(params, float, first, value, { sum += value; })
        *y++ = params->kind == EDGEML_REDUCE_MEAN ? sum / (float)params->count : sum;
      })
      break;
  }
}
