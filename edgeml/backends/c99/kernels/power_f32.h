/* Logarithms and powers in float32, without a C library; the same bits on every core. */
#ifndef EDGEML_POWER_F32_H
#define EDGEML_POWER_F32_H

#include "bits_f32.h"
#include "integral_f32.h"
#include "math_f32.h"

/* A positive finite x = m * 2^n, m in sqrt(1/2)..sqrt(2). */
static inline int32_t edgeml_log_reduce(float x, float *m) {
  int32_t exponent, mantissa = edgeml_split_f32(x, &exponent);
  edgeml_bits_f32 v;
  const int32_t high = mantissa >= 0xB504F3; /* sqrt(2) */
  v.bits = mantissa - 0x800000 + (high ? 0x3F000000 : 0x3F800000);
  *m = v.value;
  return exponent + high;
}

/* ln(x), at most 2 ulp off; -infinity at 0, NaN below. The polynomial of Cephes' logf. */
static inline float edgeml_logf(float x) {
  edgeml_bits_f32 v;
  float m;
  v.value = x;
  if (x != x) return x;
  if (x == 0.0f) return -edgeml_from_bits_f32(EDGEML_BITS_INFINITY);
  if (x < 0.0f) return edgeml_from_bits_f32(EDGEML_BITS_NAN);
  if (v.bits >= EDGEML_BITS_INFINITY) return x;
  const float n = (float)edgeml_log_reduce(x, &m);
  const float f = m - 1.0f, z = f * f;
  float p = 7.0376836292e-2f;
  p = p * f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  p = p * f * z - n * 2.12194440e-4f - 0.5f * z;
  return (f + p) + n * 0.693359375f;
}

/* ln(1 + x) for x in 0..1, at most 2 ulp off: the logarithm of the rounded sum, and what the rounding lost. */
static inline float edgeml_log1pf(float x) {
  const float sum = 1.0f + x;
  return edgeml_logf(sum) + (x - (sum - 1.0f)) / sum;
}

/* The leading 12 bits of x, so that products of two such values are exact. */
static inline float edgeml_head_f32(float x) {
  edgeml_bits_f32 v;
  v.value = x;
  v.bits &= (int32_t)~0xFFF;
  return v.value;
}

/* log2 of a positive finite x as a sum: *head has 12 bits, *tail what is missing, together good to 2^-33.
 *
 * With s = (m - 1) / (m + 1) it is n + 2 / (3 ln 2) * (3 s + s^3 + 3/5 s^5 + 3/7 s^7 + ...); the first two terms are
 * summed in two floats (after Ng's e_powf.c of FreeBSD's msun). */
static inline void edgeml_log2_parts(float x, float *head, float *tail) {
  float m;
  const float n = (float)edgeml_log_reduce(x, &m);
  const float inverse = 1.0f / (m + 1.0f), s = (m - 1.0f) * inverse;
  const float s_head = edgeml_head_f32(s), sum_head = edgeml_head_f32(m + 1.0f);
  const float sum_tail = m - (sum_head - 1.0f);
  const float s_tail = inverse * (((m - 1.0f) - s_head * sum_head) - s_head * sum_tail);
  const float z = s * s;
  float r = 2.0697501302e-1f;
  r = r * z + 2.3066075146e-1f;
  r = r * z + 2.7272811532e-1f;
  r = r * z + 3.3333334327e-1f;
  r = r * z + 4.2857143283e-1f;
  r = r * z + 6.0000002384e-1f;
  r = r * z * z + s_tail * (s_head + s);
  const float square = s_head * s_head;
  const float t_head = edgeml_head_f32(3.0f + square + r), t_tail = r - ((t_head - 3.0f) - square);
  const float u = s_head * t_head, v = s_tail * t_head + t_tail * s;
  const float p_head = edgeml_head_f32(u + v), p_tail = v - (p_head - u);
  /* 2 / (3 ln 2) in two parts, the first with 12 bits */
  const float high = 9.6191406250e-1f * p_head, low = p_tail * 9.6179670095e-1f - 1.1736857402e-4f * p_head;
  *head = edgeml_head_f32((high + low) + n);
  *tail = low - ((*head - n) - high);
}

/* x^y for positive finite x and finite y, at most 2 ulp off in normal results. */
static inline float edgeml_power_of_positive(float x, float y) {
  float head, tail;
  const float infinity = edgeml_from_bits_f32(EDGEML_BITS_INFINITY);
  if (x == 1.0f) return 1.0f;
  if (y > 4.2e9f || y < -4.2e9f) return (x > 1.0f) == (y > 0.0f) ? infinity : 0.0f;
  edgeml_log2_parts(x, &head, &tail);
  const float y_head = edgeml_head_f32(y);
  const float small = (y - y_head) * head + y * tail, large = y_head * head;
  if ((large - 128.0f) + small >= 0.0f) return infinity;
  if (large + small < -151.0f) return 0.0f;
  const float n = edgeml_rintf(large + small);
  const float r = ((large - n) + small) * 6.93147182e-1f;
  return edgeml_scale_f32(edgeml_exp_fraction(r) + 1.0f, (int32_t)n);
}

/* x^y as C's pow defines it, with its special cases; at most 2 ulp off in normal results. */
static inline float edgeml_powf(float x, float y) {
  const float infinity = edgeml_from_bits_f32(EDGEML_BITS_INFINITY);
  const float size = x < 0.0f ? -x : x, y_size = y < 0.0f ? -y : y;
  float result;
  if (y == 0.0f || x == 1.0f) return 1.0f;
  if (x != x || y != y) return x + y;
  /* from 2^24 on every float is an even integer */
  const int32_t integral = y_size >= 16777216.0f || (float)(int32_t)y == y;
  const int32_t odd = y_size < 16777216.0f && integral && ((int32_t)y_size & 1) != 0;
  if (y_size == infinity) {
    if (size == 1.0f) return 1.0f;
    return (size > 1.0f) == (y > 0.0f) ? infinity : 0.0f;
  }
  if (x < 0.0f && !integral && size != infinity) return edgeml_from_bits_f32(EDGEML_BITS_NAN);
  if (size == 0.0f || size == infinity) {
    result = (size == 0.0f) == (y > 0.0f) ? 0.0f : infinity;
  } else {
    result = edgeml_power_of_positive(size, y);
  }
  edgeml_bits_f32 v;
  v.value = x; /* -0 is negative, too */
  return v.bits < 0 && odd ? -result : result;
}

#endif
