/* logistic and tanh of int16 codes of any scale, the same bits as edgeml/ops/sigmoid_table.py. */
#ifndef EDGEML_SIGMOID_H
#define EDGEML_SIGMOID_H

#include <stdint.h>

typedef struct {
  int32_t size;
  int32_t multiplier, shift; /* a code times multiplier, shifted right, is the argument in fractions of table steps */
} edgeml_sigmoid_params;

static inline int32_t edgeml_sigmoid_argument(int32_t x, const edgeml_sigmoid_params *params) {
  return (int32_t)(((int64_t)x * params->multiplier + (((int64_t)1 << params->shift) >> 1)) >> params->shift);
}

/* The table (256) at |argument| / 2^bits, times 2^bits; `most` from its last entry on. */
static inline int32_t edgeml_sigmoid_entry(const uint16_t *table, int32_t argument, int32_t bits, int32_t most) {
  const int32_t size = argument < 0 ? -argument : argument, whole = size >> bits;
  if (whole >= 255) return most;
  const int32_t low = table[whole], step = table[whole + 1] - low;
  return low * (1 << bits) + (size & ((1 << bits) - 1)) * step;
}

#endif
