/* gemmlowp's fixed-point arithmetic, the same bits as edgeml/ops/fixed_point.py on every core. */
#ifndef EDGEML_FIXED_POINT_H
#define EDGEML_FIXED_POINT_H

#include <stdint.h>

/* Armv6-M has no 32x32->64 multiply. */
#if !defined(EDGEML_SHORT_MULTIPLY)
#if defined(__ARM_ARCH_6M__) || defined(__ARM_ARCH_8M_BASE__)
#define EDGEML_SHORT_MULTIPLY 1
#else
#define EDGEML_SHORT_MULTIPLY 0
#endif
#endif

/* a * b / 2^31, rounded half up; not both a and b are -2^31. In 16-bit pieces: the product's floor, plus its bit 30. */
static inline int32_t edgeml_doubling_high_multiply_short(int32_t a, int32_t b) {
  const int32_t al = a & 0xFFFF, ah = a >> 16, bl = b & 0xFFFF, bh = b >> 16;
  const uint32_t low = (uint32_t)al * (uint32_t)bl;
  const int32_t cross = ah * bl + (int32_t)(low >> 16);
  const int32_t middle = al * bh + (cross & 0xFFFF); /* bits 16..31 of the product, and what they carry */
  const int32_t high = ah * bh + (cross >> 16) + (middle >> 16);
  return 2 * high + ((middle >> 15) & 1) + ((middle >> 14) & 1);
}

static inline int32_t edgeml_doubling_high_multiply(int32_t a, int32_t b) {
#if EDGEML_SHORT_MULTIPLY
  return edgeml_doubling_high_multiply_short(a, b);
#else
  return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
#endif
}

/* x / 2^exponent, rounded half away from zero; exponent 0..31. */
static inline int32_t edgeml_divide_by_power_of_two(int32_t x, int32_t exponent) {
  const int32_t mask = (int32_t)((1u << exponent) - 1u);
  const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

/* x * multiplier * 2^(shift - 31), rounded twice; multiplier is not negative, shift -31..30. x * 2^shift must fit in
 * int32: bits above are lost. */
static inline int32_t edgeml_multiply_by_quantized_multiplier(int32_t x, int32_t multiplier, int32_t shift) {
  const int32_t left = shift > 0 ? shift : 0;
  const int32_t shifted = (int32_t)((uint32_t)x << left);
  return edgeml_divide_by_power_of_two(edgeml_doubling_high_multiply(shifted, multiplier), left - shift);
}

#endif
