/* The remainder of a division in float32, exact. */
#ifndef EDGEML_REMAINDER_F32_H
#define EDGEML_REMAINDER_F32_H

#include "bits_f32.h"

/* a - b * trunc(a / b), as C's fmod: the sign of a; NaN for infinite a and for b = 0. Long division. */
static inline float edgeml_remainder_f32(float a, float b) {
  const float infinity = edgeml_from_bits_f32(EDGEML_BITS_INFINITY);
  const float dividend = a < 0.0f ? -a : a, divisor = b < 0.0f ? -b : b;
  int32_t exponent, least;
  if (!(dividend < infinity) || !(divisor > 0.0f)) return edgeml_from_bits_f32(EDGEML_BITS_NAN);
  if (dividend < divisor) return a;
  int32_t rest = edgeml_split_f32(dividend, &exponent);
  const int32_t step = edgeml_split_f32(divisor, &least);
  for (; exponent > least; --exponent) {
    rest = rest >= step ? rest - step : rest;
    rest *= 2;
  }
  rest = rest >= step ? rest - step : rest;
  if (rest == 0) return 0.0f * a;
  for (; rest < 0x800000 && exponent > -126; --exponent) rest *= 2;
  for (; exponent < -126; ++exponent) rest /= 2; /* exact: a remainder is a multiple of 2^-149 */
  /* below 2^-126 the exponent field is 0 and no leading digit is implied */
  const int32_t bits = rest >= 0x800000 ? rest - 0x800000 + (exponent + 127) * 0x800000 : rest;
  return a < 0.0f ? -edgeml_from_bits_f32(bits) : edgeml_from_bits_f32(bits);
}

#endif
