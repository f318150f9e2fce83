/* Requantisation of pairs of channels for the kernels with packed products.
 *
 * Included with EDGEML_WIDE 0 or 1. Narrow: the sum of the odd channel is 256 times as large; 16 times with
 * EDGEML_NIBBLES 1, for weights of four bits.
 * Four words a pair: multiplier and addend (rescale.h) of the even, then of the odd channel, whose addend is as
 *   many times larger as its sum is; or, with a multiplier of 0, both channels by scale: 0; 0; the two float scales,
 *   divided by that where the sum is larger (litert), or shifts as (odd << 16) + (even & 0xFFFF); the two multipliers (tflm). */
#ifndef EDGEML_PAIR_DSP_S8_H
#define EDGEML_PAIR_DSP_S8_H

#include <stdint.h>

#include "compiler.h"
#include "rescale.h"

#ifndef EDGEML_NIBBLES
#define EDGEML_NIBBLES 0
#endif

enum { EDGEML_ODD_SHIFT = EDGEML_WIDE ? 0 : EDGEML_NIBBLES ? 4 : 8 };

/* One sum of channel `odd` (0 or 1) of a pair, by the scales in `factors`. */
static inline int8_t edgeml_pair_scale(int32_t sum, const int32_t *factors, int32_t odd, int32_t zero_point) {
#if EDGEML_NUMERICS_TFLM
  if (odd != 0) sum >>= EDGEML_ODD_SHIFT;
  const edgeml_scale scale = {factors[2 + odd], odd != 0 ? factors[1] >> 16 : (int16_t)(factors[1] & 0xFFFF)};
  return (int8_t)edgeml_requantize(sum, scale, zero_point, -128, 127);
#else
  edgeml_float_bits scale;
  scale.bits = factors[2 + odd];
  return (int8_t)edgeml_requantize(sum, scale.value, zero_point, -128, 127);
#endif
}

/* The same by whatever form the pair has; `shift` is that of integer forms. */
static inline int8_t edgeml_pair_output(int32_t sum, const int32_t *factors, int32_t odd, int32_t shift,
                                        int32_t zero_point) {
  if (factors[0] == 0) return edgeml_pair_scale(sum, factors, odd, zero_point);
  const edgeml_rescale form = {factors[2 * odd], factors[2 * odd + 1]};
  return (int8_t)edgeml_rescale_s8(sum, form, shift + (odd != 0 ? EDGEML_ODD_SHIFT : 0));
}

EDGEML_NOINLINE static void edgeml_clamp_all(int8_t *y, int32_t count, int32_t min, int32_t max) {
  if (min == -128 && max == 127) return;
  for (; count > 0; --count, ++y) *y = (int8_t)edgeml_clamp_s32(*y, min, max);
}

#endif
