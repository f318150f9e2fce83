/* Elementary functions in float32, without a C library; the same bits on every core. */
#ifndef EDGEML_MATH_F32_H
#define EDGEML_MATH_F32_H

#include <stdint.h>

/* exp(x), at most 1 ulp off in normal results; 0 below -87.33 (no subnormal results), infinity above 88.72.
 *
 * x = n ln 2 + r, |r| <= ln 2 / 2, ln 2 in two parts so that r is nearly exact (Cody and Waite, 1980), and the
 * polynomial of Cephes' expf for exp(r). */
static inline float edgeml_expf(float x) {
  union {
    float value;
    int32_t bits;
  } shifted, low, high;
  if (x < -87.33654f) return 0.0f;
  if (x > 88.72283f) x = 89.0f;
  shifted.value = x * 1.44269504f + 12582912.0f; /* rounds to the nearest integer, see requantize.h */
  const float n = shifted.value - 12582912.0f;
  const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = (p * r * r + r) + 1.0f;
  /* 2^n in two factors: n reaches 128, which is no float's exponent */
  const int32_t steps = shifted.bits - 0x4B400000;
  low.bits = (steps / 2 + 127) * 0x800000;
  high.bits = (steps - steps / 2 + 127) * 0x800000;
  return p * low.value * high.value;
}

/* tanh(x), at most 3 ulp off. Below 0.625 Cephes' polynomial, above by exp(2 |x|). */
static inline float edgeml_tanhf(float x) {
  const float size = x < 0.0f ? -x : x;
  if (size < 0.625f) {
    const float z = x * x;
    float p = -5.70498872745e-3f;
    p = p * z + 2.06390887954e-2f;
    p = p * z - 5.37397155531e-2f;
    p = p * z + 1.33314422036e-1f;
    p = p * z - 3.33332819422e-1f;
    return p * z * x + x;
  }
  const float y = size > 9.1f ? 1.0f : 1.0f - 2.0f / (edgeml_expf(size + size) + 1.0f);
  return x < 0.0f ? -y : y;
}

/* 1 / (1 + exp(-x)), at most 3 ulp off in normal results; the exponent is never positive, so nothing overflows. */
static inline float edgeml_logisticf(float x) {
  const float e = edgeml_expf(x < 0.0f ? x : -x);
  return (x < 0.0f ? e : 1.0f) / (1.0f + e);
}

#endif
