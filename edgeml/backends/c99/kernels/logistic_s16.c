#include "logistic_s16.h"

void edgeml_logistic_s16(const edgeml_logistic_s16_params *restrict params, const int16_t *x, const uint16_t *restrict table,
                        int16_t *y) {
  for (int32_t i = 0; i < params->size; ++i) {
    const int32_t argument = edgeml_sigmoid_argument(x[i], params);
    const int32_t entry = edgeml_sigmoid_entry(table, argument, 9, 0x7FFF << 10);
    y[i] = (int16_t)((argument >= 0 ? entry + (1 << 9) : (1 << 25) - entry + (1 << 9) - 1) >> 10);
  }
}
