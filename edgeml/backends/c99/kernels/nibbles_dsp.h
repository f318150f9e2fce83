/* Weights of four bits for the kernels with packed products (dsp.h).
 *
 * A byte holds 16 * (w[odd channel] + 8) + w[even channel] + 8; of four inputs k the word's bytes, in their order. Two
 * masks make of it what multiplies the words of x, (k, k + 2) and (k + 1, k + 3): no sign is extended. The sums are too
 * large by 8 and 128 times the sum of x, which is the same for all channels. */
#ifndef EDGEML_NIBBLES_DSP_H
#define EDGEML_NIBBLES_DSP_H

#include <stdint.h>

#include "dsp.h"

/* Bytes 0 and 2, or `odd`: 1 and 3, as a pair; and what of it is the even channel's. */
static inline uint32_t edgeml_nibble_pair(uint32_t word, int32_t odd) { return (word >> (odd != 0 ? 8 : 0)) & 0x00FF00FFu; }
static inline uint32_t edgeml_low_nibbles(uint32_t pair) { return pair & 0x000F000Fu; }

/* a - b modulo 2^32 */
static inline int32_t edgeml_wrap_sub(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }

#endif
