/* float32 values and their bits. */
#ifndef EDGEML_BITS_F32_H
#define EDGEML_BITS_F32_H

#include <stdint.h>

typedef union {
  float value;
  int32_t bits;
} edgeml_bits_f32;

#define EDGEML_BITS_INFINITY 0x7F800000
#define EDGEML_BITS_NAN 0x7FC00000

static inline float edgeml_from_bits_f32(int32_t bits) {
  edgeml_bits_f32 x;
  x.bits = bits;
  return x.value;
}

/* A positive finite x as mantissa * 2^(exponent - 23), mantissa in 2^23..2^24 - 1; subnormal values too. */
static inline int32_t edgeml_split_f32(float x, int32_t *exponent) {
  edgeml_bits_f32 v;
  v.value = x;
  int32_t e = v.bits >> 23, mantissa = v.bits & 0x7FFFFF;
  if (e > 0) {
    mantissa |= 0x800000;
  } else {
    for (e = 1; mantissa < 0x800000; --e) mantissa *= 2;
  }
  *exponent = e - 127;
  return mantissa;
}

#endif
