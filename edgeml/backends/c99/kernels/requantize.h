/* Float values and int32 accumulators to int8 steps, saturated.
 *
 * THE requantisation rule, the same bits as edgeml/ops/requantize.py on every core and under either numerics:
 *   litert: clamp(rint((float)acc * scale) + zero_point, min, max), one float32 multiply, half to even.
 *           Cores without an FPU compute it with integers only.
 *   tflm:   clamp(acc * multiplier * 2^(shift - 31) + zero_point, min, max), rounded twice as gemmlowp does. */
#ifndef EDGEML_REQUANTIZE_H
#define EDGEML_REQUANTIZE_H

#include <stdint.h>

#include "fixed_point.h"
#include "numerics.h"

#if !defined(EDGEML_REQUANTIZE_INTEGER)
#if defined(__arm__) && !defined(__ARM_FP)
#define EDGEML_REQUANTIZE_INTEGER 1
#elif defined(__riscv) && !defined(__riscv_flen)
#define EDGEML_REQUANTIZE_INTEGER 1
#else
#define EDGEML_REQUANTIZE_INTEGER 0
#endif
#endif

typedef union {
  float value;
  int32_t bits;
} edgeml_float_bits;

static inline int32_t edgeml_clamp_s32(int32_t value, int32_t min, int32_t max) {
  value = value < min ? min : value;
  return value > max ? max : value;
}

/* clamp(rint(real) + zero_point, min, max); zero_point, min and max are int8 or int16 values, real is not NaN.
 *
 * Adding 1.5 * 2^23 leaves the integer, rounded half to even, in the low bits for |real| <= 2^22. Outside,
 * the sum's bits as an integer still lie on the right side of the bounds, so they need no float clamp. */
static inline int32_t edgeml_round_s8(float real, int32_t zero_point, int32_t min, int32_t max) {
  const int32_t magic = 0x4B400000 - zero_point;
  edgeml_float_bits sum;
  sum.value = real + 12582912.0f;
  return edgeml_clamp_s32(sum.bits, min + magic, max + magic) - magic;
}

/* The litert rule with integers. `scale` is positive and finite.
 *
 * With |acc| rounded to 24 bits as `a` and the mantissa of scale as `m`, the real result is a * m / 2^shift.
 * The float product would be rounded to 24 bits before the integer rounding, so everything within half a
 * unit of that 24-bit grid around a half counts as a tie. Below 512 the grid has at least 15 fraction bits,
 * so a half lies on it; from 512 on every result saturates. 16-bit pieces, because Armv6-M has no 32x32->64
 * multiply; bits 16..47 of the product decide nearly always. */
static inline int32_t edgeml_requantize_integer(int32_t acc, float scale, int32_t zero_point, int32_t min,
                                                int32_t max) {
  edgeml_float_bits s;
  uint32_t a = acc < 0 ? 0u - (uint32_t)acc : (uint32_t)acc;
  s.value = scale;
  const uint32_t m = ((uint32_t)s.bits & 0x7FFFFFu) | 0x800000u;
  int32_t shift = 150 - (int32_t)((uint32_t)s.bits >> 23);
  uint32_t steps = 0u;
  if (a >= 0x1000000u) {
    int32_t extra = 1;
    while ((a >> extra) >= 0x1000000u) ++extra;
    const uint32_t half = 1u << (extra - 1), rest = a & (2u * half - 1u);
    a >>= extra;
    if (rest > half || (rest == half && (a & 1u) != 0u)) ++a;
    shift -= extra;
  }
  if (shift < 26) { /* scale > 1/8: bring small values into the range of the pieces below */
    if (shift < 15 || a >= 0x2000u) {
      steps = a == 0u ? 0u : 1024u;
      shift = 49;
    } else {
      a <<= 11;
      shift += 11;
    }
  }
  if (shift < 49) {
    const uint32_t al = a & 0xFFFFu, ah = a >> 16, ml = m & 0xFFFFu, mh = m >> 16;
    const uint32_t low = al * ml;
    const uint32_t top = (low >> 16) + al * mh + ah * ml + ((ah * mh) << 16);
    const uint32_t half = 1u << (shift - 17);
    const uint32_t fraction = top & (2u * half - 1u);
    steps = (top >> (shift - 17)) >> 1;
    if (fraction > half + 128u) {
      ++steps;
    } else if (fraction >= half - 129u) {
      /* near a half: the exact distance, in units of the product */
      const int32_t near = fraction < half ? -(int32_t)(half - fraction) : (int32_t)(fraction - half);
      const int32_t distance = near * 65536 + (int32_t)(low & 0xFFFFu);
      int32_t tie = 0, bits = 16;
      while (bits < 48 && (top >> (bits - 16)) != 0u) ++bits;
      if (bits > 24) tie = (int32_t)(1u << (bits - 25));
      if (distance > tie || (distance >= -tie && (steps & 1u) != 0u)) ++steps;
    }
  }
  const int32_t rounded = acc < 0 ? -(int32_t)steps : (int32_t)steps;
  return edgeml_clamp_s32(rounded + zero_point, min, max);
}

/* int32 accumulator to int8 by the rule of the library's numerics; zero_point, min and max are int8 values. */
static inline int32_t edgeml_requantize(int32_t acc, edgeml_scale scale, int32_t zero_point, int32_t min, int32_t max) {
#if EDGEML_NUMERICS_TFLM
  const int32_t steps = edgeml_multiply_by_quantized_multiplier(acc, scale.multiplier, scale.shift);
  return edgeml_clamp_s32(steps, min - zero_point, max - zero_point) + zero_point;
#elif EDGEML_REQUANTIZE_INTEGER
  return edgeml_requantize_integer(acc, scale, zero_point, min, max);
#else
  return edgeml_round_s8((float)acc * scale, zero_point, min, max);
#endif
}

#endif
