/* float32 to integral float32. */
#ifndef EDGEML_INTEGRAL_F32_H
#define EDGEML_INTEGRAL_F32_H

#include <stdint.h>

/* From 2^23 on (and for infinities and NaN) every float is integral already. */
static inline int32_t edgeml_is_large_f32(float x) { return !(x < 8388608.0f && x > -8388608.0f); }

static inline float edgeml_floorf(float x) {
  if (edgeml_is_large_f32(x)) return x;
  const float toward_zero = (float)(int32_t)x;
  return toward_zero > x ? toward_zero - 1.0f : toward_zero;
}

static inline float edgeml_ceilf(float x) {
  if (edgeml_is_large_f32(x)) return x;
  const float toward_zero = (float)(int32_t)x;
  return toward_zero < x ? toward_zero + 1.0f : toward_zero;
}

/* Half to even: a sum of 2^23 and more has no fraction, and addition rounds so. */
static inline float edgeml_rintf(float x) {
  if (edgeml_is_large_f32(x)) return x;
  return x < 0.0f ? (x - 8388608.0f) + 8388608.0f : (x + 8388608.0f) - 8388608.0f;
}

#endif
