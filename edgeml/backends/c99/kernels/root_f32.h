/* The square root in float32, correctly rounded, with integers only. */
#ifndef EDGEML_ROOT_F32_H
#define EDGEML_ROOT_F32_H

#include "bits_f32.h"

/* sqrt(x), half to even; NaN below 0. One digit of the root at a time, as by hand. */
static inline float edgeml_sqrtf(float x) {
  edgeml_bits_f32 v;
  int32_t exponent, rest, root = 0, twice = 0;
  v.value = x;
  if (x == 0.0f || x != x || v.bits == EDGEML_BITS_INFINITY) return x;
  if (x < 0.0f) return edgeml_from_bits_f32(EDGEML_BITS_NAN);
  rest = edgeml_split_f32(x, &exponent) * 2;
  if ((exponent & 1) != 0) rest *= 2; /* an even exponent halves exactly */
  /* 24 digits and one for the rounding; `twice` is twice the root so far */
  for (int32_t digit = 0x1000000; digit > 0; digit /= 2, rest *= 2) {
    if (twice + digit <= rest) {
      rest -= twice + digit;
      twice += 2 * digit;
      root += digit;
    }
  }
  if (rest != 0) root += root & 1; /* the root is irrational, so never exactly between two floats */
  v.bits = (root >> 1) + 0x3F000000 + ((exponent - (exponent & 1)) / 2) * 0x800000;
  return v.value;
}

#endif
