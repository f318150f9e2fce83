#include "tanh_s16.h"

void edgeml_tanh_s16(const edgeml_tanh_s16_params *restrict params, const int16_t *x, const uint16_t *restrict table,
                        int16_t *y) {
  for (int32_t i = 0; i < params->size; ++i) {
    const int32_t argument = edgeml_sigmoid_argument(x[i], params);
    const int32_t entry = edgeml_sigmoid_entry(table, argument, 8, 0xFFFF << 8);
    y[i] = (int16_t)((argument >= 0 ? entry - (1 << 23) + (1 << 7) : (1 << 23) - entry + (1 << 7) - 1) >> 8);
  }
}
