/* One row of int8 to packed int16, for the matrices with packed products (dsp.h). */
#ifndef EDGEML_EXPAND_ROW_DSP_S8_H
#define EDGEML_EXPAND_ROW_DSP_S8_H

#include <stdint.h>

#include "compiler.h"
#include "dsp.h"

/* x as pairs (0, 2), (1, 3) of each four; zeros after the end. */
EDGEML_NOINLINE static void edgeml_expand_row(const int8_t *x, int32_t size, uint32_t *to) {
  int32_t k = 0;
  for (; k + 4 <= size; k += 4, to += 2) {
    const uint32_t four = edgeml_load_word(x + k);
    to[0] = edgeml_sxtb16(four);
    to[1] = edgeml_sxtb16_odd(four);
  }
  if (k < size) {
    uint32_t four = 0;
    for (int32_t i = 0; k < size; ++k, i += 8) four |= (uint32_t)(uint8_t)x[k] << i;
    to[0] = edgeml_sxtb16(four);
    to[1] = edgeml_sxtb16_odd(four);
  }
}

#endif
