/* The record of a channel whose weights are kept in fours, for the kernels that leave out zeros (sparse).
 *
 * Its words: turns: 65536 * (turns of the loop over EDGEML_SPARSE_FOURS - 1) + fours that the first turn leaves out;
 *   start: bias less input zero point times sum of weights; the fours, four int8 a word; multiplier and addend (rescale.h)
 *   of an integer form, or 0 and a place in the list of scales. */
#ifndef EDGEML_SPARSE_TURNS_H
#define EDGEML_SPARSE_TURNS_H

#include <stdint.h>

enum { EDGEML_SPARSE_FOURS = 8 };

/* The number of fours. */
static inline int32_t edgeml_sparse_fours(int32_t turns) {
  return ((turns >> 16) + 1) * EDGEML_SPARSE_FOURS - (turns & 0xFFFF);
}

#endif
