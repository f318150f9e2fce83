/* Which taps of a transposed convolution reach an output along one dimension. */
#ifndef EDGEML_TRANSPOSED_TAPS_H
#define EDGEML_TRANSPOSED_TAPS_H

#include <stdint.h>

/* Tap `tap + i * stride` meets input `input - i`, for i below `count`. */
typedef struct {
  int32_t tap, input, count;
} edgeml_transposed_taps;

/* `place` is the output's index before the padding is cut off: place = input * stride + tap. */
static inline edgeml_transposed_taps edgeml_taps_of(int32_t place, int32_t stride, int32_t taps, int32_t size) {
  edgeml_transposed_taps found;
  found.input = place / stride;
  found.tap = place - found.input * stride;
  if (found.input >= size) { /* the last inputs meet later taps */
    found.tap += (found.input - size + 1) * stride;
    found.input = size - 1;
  }
  found.count = 0;
  while (found.count <= found.input && found.tap + found.count * stride < taps) ++found.count;
  return found;
}

#endif
