/* Elementary functions in float32, without a C library; the same bits on every core. */
#ifndef EDGEML_MATH_F32_H
#define EDGEML_MATH_F32_H

#include <stdint.h>

#include "bits_f32.h"

/* exp(r) - 1 for |r| <= ln 2 / 2, the polynomial of Cephes' expf. */
static inline float edgeml_exp_fraction(float r) {
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  return p * r * r + r;
}

/* x * 2^n for -252 <= n <= 254, in two factors: n may be no float's exponent. */
static inline float edgeml_scale_f32(float x, int32_t n) {
  edgeml_bits_f32 low, high;
  low.bits = (n / 2 + 127) * 0x800000;
  high.bits = (n - n / 2 + 127) * 0x800000;
  return x * low.value * high.value;
}

/* x = n ln 2 + r, |r| <= ln 2 / 2, ln 2 in two parts so that r is nearly exact (Cody and Waite, 1980); |x| < 120. */
static inline int32_t edgeml_exp_reduce(float x, float *r) {
  edgeml_bits_f32 shifted;
  shifted.value = x * 1.44269504f + 12582912.0f; /* rounds to the nearest integer, see requantize.h */
  const float n = shifted.value - 12582912.0f;
  *r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  return shifted.bits - 0x4B400000;
}

/* exp(x), at most 1 ulp off in normal results; 0 below -87.33 (no subnormal results), infinity above 88.72. */
static inline float edgeml_expf(float x) {
  float r;
  if (!(x >= -87.33654f)) return x < 0.0f ? 0.0f : x; /* NaN stays */
  if (x > 88.72283f) x = 89.0f;
  const int32_t n = edgeml_exp_reduce(x, &r);
  return edgeml_scale_f32(edgeml_exp_fraction(r) + 1.0f, n);
}

/* exp(x) - 1 for x <= 0, at most 2 ulp off. */
static inline float edgeml_expm1f(float x) {
  return x > -0.34657359f ? edgeml_exp_fraction(x) : edgeml_expf(x) - 1.0f;
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

/* The error function, at most 3 ulp off. Up to 0.92 an odd polynomial, above 1 - exp(polynomial of |x|), which is 1
 * from 3.92 on; both fitted at Chebyshev nodes. */
static inline float edgeml_erff(float x) {
  const float size = x < 0.0f ? -x : x;
  if (size < 0.921875f) {
    const float z = x * x;
    float p = 8.39269662e-5f;
    p = p * z - 8.14850607e-4f;
    p = p * z + 5.20159181e-3f;
    p = p * z - 2.68596475e-2f;
    p = p * z + 1.12837005e-1f;
    p = p * z - 3.76126341e-1f;
    return (p * z + 1.28379167e-1f) * x + x;
  }
  float p = -1.43152593e-5f;
  p = p * size + 3.34899798e-4f;
  p = p * size - 3.56141494e-3f;
  p = p * size + 2.31050912e-2f;
  p = p * size - 1.04408646e-1f;
  p = p * size - 6.37667285e-1f;
  p = p * size - 1.12692659f;
  p = p * size - 4.66976123e-4f;
  const float y = size > 3.92f ? 1.0f : 1.0f - edgeml_expf(p);
  return x < 0.0f ? -y : y;
}

#endif
