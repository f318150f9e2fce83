/* Sine and cosine in float32, without a C library; the same bits on every core. */
#ifndef EDGEML_TRIGONOMETRY_F32_H
#define EDGEML_TRIGONOMETRY_F32_H

#include "bits_f32.h"

/* x = quadrant * pi/2 + *r, |*r| <= pi/4, for finite x of any size; the quadrant is modulo 4.
 *
 * Payne and Hanek, 1983: of the product of the mantissa and 2/pi only the bits from 2 down to 2^-94 matter. */
static inline uint32_t edgeml_quadrant_f32(float x, float *r) {
  static const uint32_t two_over_pi[8] = {0xA2F9836Eu, 0x4E441529u, 0xFC2757D1u, 0xF534DDC0u,
                                          0xDB629599u, 0x3C439041u, 0xFE5163ABu, 0xDEBBC561u};
  const float size = x < 0.0f ? -x : x;
  int32_t exponent;
  if (size < 0.78539816f) {
    *r = x;
    return 0u;
  }
  const uint32_t mantissa = (uint32_t)edgeml_split_f32(size, &exponent);
  /* x = mantissa * 2^(exponent - 23): the window starts `skip` bits after the point of 2/pi */
  const int32_t skip = exponent - 25;
  uint32_t window[3];
  for (int32_t i = 0; i < 3; ++i) {
    const int32_t at = skip + 32 * i, word = at >> 5, shift = at & 31;
    const uint32_t here = word >= 0 ? two_over_pi[word] : 0u;
    const uint32_t next = word + 1 >= 0 ? two_over_pi[word + 1] : 0u;
    window[i] = shift == 0 ? here : (here << shift) | (next >> (32 - shift));
  }
  const uint64_t low = (uint64_t)window[2] * mantissa, middle = (uint64_t)window[1] * mantissa + (low >> 32);
  const uint32_t top = window[0] * mantissa + (uint32_t)(middle >> 32);
  uint64_t turns = ((uint64_t)top << 32) | (uint32_t)middle; /* quarter turns modulo 4, 62 bits of fraction */
  const uint32_t quadrant = (uint32_t)((turns + (UINT64_C(1) << 61)) >> 62);
  turns -= (uint64_t)quadrant << 62;
  const int32_t negative = (turns >> 63) != 0;
  if (negative) turns = 0u - turns;
  int32_t places = 62;
  /* 24 bits that are not zero; floats come no nearer to a multiple of pi/2 than 2^-30 or so */
  for (; turns != 0u && (turns >> 61) == 0u; ++places) turns <<= 1;
  const float fraction = (float)(int32_t)(uint32_t)(turns >> 38) * edgeml_from_bits_f32((127 + 38 - places) * 0x800000);
  const float angle = fraction * 1.57079633f;
  *r = (x < 0.0f) != negative ? -angle : angle;
  return x < 0.0f ? 0u - quadrant : quadrant;
}

/* sin(x + quadrants * pi/2), at most 3 ulp off; NaN for infinities. Cephes' polynomials. */
static inline float edgeml_sine_f32(float x, uint32_t quadrants) {
  edgeml_bits_f32 v;
  float r, y;
  v.value = x;
  if ((v.bits & EDGEML_BITS_INFINITY) == EDGEML_BITS_INFINITY) return edgeml_from_bits_f32(EDGEML_BITS_NAN);
  quadrants += edgeml_quadrant_f32(x, &r);
  const float z = r * r;
  if ((quadrants & 1u) == 0u) {
    y = ((-1.9515295891e-4f * z + 8.3321608736e-3f) * z - 1.6666654611e-1f) * z * r + r;
  } else {
    y = ((2.443315711809948e-5f * z - 1.388731625493765e-3f) * z + 4.166664568298827e-2f) * z * z;
    y = (y - 0.5f * z) + 1.0f;
  }
  return (quadrants & 2u) != 0u ? -y : y;
}

#endif
