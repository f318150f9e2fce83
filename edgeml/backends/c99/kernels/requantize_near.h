/* The requantisation rule where a proof bounds the result: fewer instructions, the same bits. */
#ifndef EDGEML_REQUANTIZE_NEAR_H
#define EDGEML_REQUANTIZE_NEAR_H

#include <stdint.h>

#include "dsp.h"
#include "rescale.h"

/* edgeml_requantize to -128..127, for |acc * scale| below 2^22. */
static inline int32_t edgeml_requantize_near(int32_t acc, edgeml_scale scale, int32_t zero_point) {
#if EDGEML_NUMERICS_TFLM || EDGEML_REQUANTIZE_INTEGER
  return edgeml_requantize(acc, scale, zero_point, -128, 127);
#else
  edgeml_float_bits sum;
  sum.value = (float)acc * scale + 12582912.0f;
  return edgeml_saturate_s8(sum.bits - (0x4B400000 - zero_point));
#endif
}

/* The same for two accumulators, in place. */
static inline void edgeml_requantize_two(int32_t *a, int32_t *b, edgeml_scale scale, int32_t zero_point) {
#if EDGEML_DSP && defined(__ARM_FP) && !EDGEML_NUMERICS_TFLM && !EDGEML_REQUANTIZE_INTEGER
  __asm__(
      "vmov s14, s15, %[a], %[b]\n\t"
      "vcvt.f32.s32 s14, s14\n\t"
      "vcvt.f32.s32 s15, s15\n\t"
      "vmul.f32 s14, s14, %[scale]\n\t"
      "vmul.f32 s15, s15, %[scale]\n\t"
      "vcvtr.s32.f32 s14, s14\n\t"
      "vcvtr.s32.f32 s15, s15\n\t"
      "vmov %[a], %[b], s14, s15"
      : [a] "+r"(*a), [b] "+r"(*b)
      : [scale] "t"(scale)
      : "s14", "s15");
  *a = edgeml_saturate_s8(*a + zero_point);
  *b = edgeml_saturate_s8(*b + zero_point);
#else
  *a = edgeml_requantize_near(*a, scale, zero_point);
  *b = edgeml_requantize_near(*b, scale, zero_point);
#endif
}

/* The rest of a clamp to a range narrower than that of int8, for a whole output. */
static inline void edgeml_clamp_bytes(int8_t *y, int32_t count, int32_t min, int32_t max) {
  if (min == -128 && max == 127) return;
  for (; count > 0; --count, ++y) *y = (int8_t)edgeml_clamp_s32(*y, min, max);
}

#endif
