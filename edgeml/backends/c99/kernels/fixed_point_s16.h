/* logistic and tanh of int16 fixed-point values, the same bits as edgeml/ops/fixed_point_s16.py.
 *
 * A value with n integer bits is raw / 2^(15 - n), results are Q0.15. Constants and order of the roundings are those of
 * gemmlowp's fixedpoint.h, which LiteRT's integer LSTM uses. */
#ifndef EDGEML_FIXED_POINT_S16_H
#define EDGEML_FIXED_POINT_S16_H

#include <stdint.h>

#include "fixed_point.h"

static inline int32_t edgeml_saturate_s16(int32_t x) { return x < -32768 ? -32768 : (x > 32767 ? 32767 : x); }

static inline int32_t edgeml_wrap_s16(int32_t x) { return (int16_t)x; }

/* a * b / 2^15 of int16 values, rounded half away from zero, saturated. */
static inline int32_t edgeml_multiply_s16(int32_t a, int32_t b) {
  const int32_t product = a * b;
  const int32_t rounded = (product + (product >= 0 ? 1 << 14 : 1 - (1 << 14))) / (1 << 15);
  return rounded > 32767 ? 32767 : rounded;
}

/* exp of a Q0.15 value in [-1/4, 0): Taylor's series around -1/8. */
static inline int32_t edgeml_exp_near_zero_s16(int32_t a) {
  const int32_t base = 28918; /* exp(-1/8) */
  const int32_t x = a + (1 << 12);
  const int32_t x2 = edgeml_multiply_s16(x, x);
  const int32_t x3 = edgeml_multiply_s16(x2, x);
  const int32_t x4 = edgeml_multiply_s16(x2, x2);
  const int32_t third = edgeml_multiply_s16(edgeml_divide_by_power_of_two(x4, 2) + x3, 10923);
  const int32_t series = edgeml_divide_by_power_of_two(third + x2, 1);
  return edgeml_saturate_s16(base + edgeml_multiply_s16(x + series, base));
}

/* exp of a value in (-2^integer_bits, 0] as Q0.15. */
static inline int32_t edgeml_exp_on_negative_s16(int32_t a, int32_t integer_bits) {
  static const int16_t factors[7] = {25520, 19875, 12055, 4435, 600, 11, 0}; /* exp(-2^e), e = -2..4, Q0.15 */
  const int32_t fraction = 15 - integer_bits;
  const int32_t quarter = 1 << (fraction - 2);
  if (a == 0) return 32767;
  const int32_t rest = (a & (quarter - 1)) - quarter;
  const int32_t remainder = rest - a;
  int32_t result = edgeml_exp_near_zero_s16(edgeml_saturate_s16(rest * (1 << integer_bits)));
  for (int32_t e = -2; e < integer_bits && e < 5; ++e)
    if ((remainder & (1 << (fraction + e))) != 0) result = edgeml_multiply_s16(result, factors[e + 2]);
  if (integer_bits > 5 && a < -(1 << (20 - integer_bits))) result = 0;
  return result;
}

/* 2 / (1 + a) with 2 integer bits, a Q0.15 in [0, 1]: three steps of Newton and Raphson from 48/17 - 32/17 d. */
static inline int32_t edgeml_reciprocal_s16(int32_t a) {
  const int32_t half = (a + 32767 + 1) >> 1;
  int32_t x = edgeml_wrap_s16(23130 + edgeml_multiply_s16(half, -15420));
  for (int32_t i = 0; i < 3; ++i) {
    const int32_t rest = edgeml_wrap_s16((1 << 13) - edgeml_multiply_s16(half, x));
    x = edgeml_wrap_s16(x + edgeml_saturate_s16(edgeml_multiply_s16(x, rest) * 4));
  }
  return x;
}

/* Q0.15 logistic of a value with 3 integer bits. */
static inline int16_t edgeml_logistic_s16(int32_t x) {
  if (x == 0) return 1 << 14;
  /* -(-32768) wraps in 16 bits, there as here */
  const int32_t below = edgeml_wrap_s16(x > 0 ? -x : x);
  const int32_t above = edgeml_saturate_s16(edgeml_reciprocal_s16(edgeml_exp_on_negative_s16(below, 3)) * 2);
  return (int16_t)(x > 0 ? above : 32767 - above);
}

/* Q0.15 tanh of a value with `integer_bits`, 0 to 6. */
static inline int16_t edgeml_tanh_s16(int32_t x, int32_t integer_bits) {
  if (x == 0) return 0;
  /* twice the value: one integer bit more, the same raw number */
  const int32_t e = edgeml_exp_on_negative_s16(x < 0 ? x : -x, integer_bits + 1);
  const int32_t t = edgeml_saturate_s16(edgeml_wrap_s16(edgeml_reciprocal_s16(e) - (1 << 13)) * 4);
  return (int16_t)(x < 0 ? -t : t);
}

#endif
