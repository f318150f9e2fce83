/* Sums of int16 activations times int8 weights to int16, the same bits as edgeml/ops/int16.py. */
#ifndef EDGEML_INT16_H
#define EDGEML_INT16_H

#include <stdint.h>

#include "fixed_point.h"

/* The real factor multiplier / 2^shift from an accumulator to output steps. */
typedef struct {
  int32_t multiplier; /* 0..32767 */
  int32_t shift;      /* 7..46 */
} edgeml_factor_s16;

/* The real factor (high * 2^32 + low) / 2^shift: a double's mantissa of 53 bits. */
typedef struct {
  uint32_t high, low;
  int32_t shift; /* 33..95 */
} edgeml_real_s16;

typedef struct {
  int32_t multiplier; /* 2^30..2^31 - 1, or 0 */
  int32_t shift;      /* -31..30; the factor is multiplier * 2^(shift - 31) */
} edgeml_multiplier_s16;

static inline int32_t edgeml_clamp_s64(int64_t value, int32_t min, int32_t max) {
  return value < min ? min : (value > max ? max : (int32_t)value);
}

/* |acc| < 2^47; rounded half up, to min..max. */
static inline int32_t edgeml_rescale_s64(int64_t acc, edgeml_factor_s16 factor, int32_t min, int32_t max) {
  const int64_t half = (int64_t)1 << (factor.shift - 1);
  return edgeml_clamp_s64((acc * factor.multiplier + half) >> factor.shift, min, max);
}

/* acc * multiplier * 2^(shift - 31), rounded half up twice: LiteRT's fully connected layers without a bias. */
static inline int32_t edgeml_rescale_twice(int32_t acc, edgeml_multiplier_s16 factor, int32_t min, int32_t max) {
  const int32_t left = factor.shift > 0 ? factor.shift : 0, right = left - factor.shift;
  const int32_t high = edgeml_doubling_high_multiply((int32_t)((uint32_t)acc << left), factor.multiplier);
  return edgeml_clamp_s64(((int64_t)high + ((int64_t)1 << right >> 1)) >> right, min, max);
}

/* acc * scale in double, then rounded half away from zero, to min..max: LiteRT's fully connected layers. With integers,
 * because few cores have doubles; |acc| < 2^43.
 *
 * The product is 32 + n bits long. A double keeps the first 53 of these, so that products up to half of the last one below
 * a half count as that half. */
static inline int32_t edgeml_round_s64(int64_t acc, edgeml_real_s16 scale, int32_t min, int32_t max) {
  const uint64_t size = acc < 0 ? 0u - (uint64_t)acc : (uint64_t)acc;
  const uint64_t size_low = size & 0xFFFFFFFFu, size_high = size >> 32;
  const uint64_t low = size_low * scale.low;
  const uint64_t high = size_low * scale.high + size_high * scale.low + ((size_high * scale.high) << 32) + (low >> 32);
  const int32_t bits = scale.shift - 32;
  uint64_t sum = high + ((uint64_t)1 << (bits - 1));
  /* half of the last bit is at most 2^42 */
  if (((sum + 1024u) >> bits) != (sum >> bits) && (high >> 21) != 0u) {
    int32_t n = 22;
    while (n < 64 && (high >> n) != 0u) ++n;
    sum += ((low & 0xFFFFFFFFu) + ((uint64_t)1 << (n - 22))) >> 32;
  }
  sum >>= bits;
  const int32_t steps = sum > 65535u ? 65535 : (int32_t)sum;
  return edgeml_clamp_s64(acc < 0 ? -steps : steps, min, max);
}

/* Value of a table of 513 entries, 128 codes apart from -32768 on, at the int16 code x; linear in between. */
static inline int32_t edgeml_interpolate_s16(const int16_t *table, int32_t x) {
  const int16_t *const entry = table + 256 + (x >> 7);
  return entry[0] + (((entry[1] - entry[0]) * (x & 127) + 64) >> 7);
}

#endif
