/* Requantisation by one multiplication of integers, where the compiler has proved that its int8 results are those of
 * edgeml_requantize for every sum that a channel can have (selection/requantization.py). */
#ifndef EDGEML_RESCALE_H
#define EDGEML_RESCALE_H

#include <stdint.h>

#include "requantize.h"

#if defined(__ARM_FEATURE_DSP) && !defined(EDGEML_NO_ASM)
#define EDGEML_HAS_SMMLA 1
#else
#define EDGEML_HAS_SMMLA 0
#endif
#if defined(__ARM_FEATURE_SAT) && !defined(EDGEML_NO_ASM)
#define EDGEML_HAS_SSAT 1
#else
#define EDGEML_HAS_SSAT 0
#endif

/* One channel: result = clamp(((acc * multiplier >> 32) + addend) >> shift), with one shift for a layer. A multiplier of
 * 0 says that no such form is exact: `addend` then is the channel's place in the layer's list of scales. */
typedef struct {
  int32_t multiplier; /* 1..2^31 - 1, or 0 */
  int32_t addend;     /* |addend| < 2^30 */
} edgeml_rescale;

/* (a * b >> 32) + c, the sum modulo 2^32; b is not negative. */
static inline int32_t edgeml_multiply_high_add(int32_t a, int32_t b, int32_t c) {
#if EDGEML_HAS_SMMLA
  __asm__("smmla %0, %1, %2, %3" : "=r"(c) : "r"(a), "r"(b), "r"(c));
  return c;
#elif EDGEML_SHORT_MULTIPLY
  const int32_t al = a & 0xFFFF, ah = a >> 16, bl = b & 0xFFFF, bh = b >> 16;
  const int32_t cross = ah * bl + (int32_t)(((uint32_t)al * (uint32_t)bl) >> 16);
  const int32_t middle = al * bh + (cross & 0xFFFF);
  return (int32_t)((uint32_t)(ah * bh + (cross >> 16) + (middle >> 16)) + (uint32_t)c);
#else
  return (int32_t)((uint32_t)(int32_t)(((int64_t)a * b) >> 32) + (uint32_t)c);
#endif
}

/* value within -128..127 */
static inline int32_t edgeml_saturate_s8(int32_t value) {
#if EDGEML_HAS_SSAT
  int32_t result;
  __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(value) : "cc");
  return result;
#else
  return edgeml_clamp_s32(value, -128, 127);
#endif
}

/* The proved form, for a multiplier that is not 0 and the full activation range. */
static inline int32_t edgeml_rescale_s8(int32_t acc, edgeml_rescale form, int32_t shift) {
  return edgeml_saturate_s8(edgeml_multiply_high_add(acc, form.multiplier, form.addend) >> shift);
}

/* The proved form for a narrower range. */
static inline int32_t edgeml_rescale_range_s8(int32_t acc, edgeml_rescale form, int32_t shift, int32_t min, int32_t max) {
  return edgeml_clamp_s32(edgeml_multiply_high_add(acc, form.multiplier, form.addend) >> shift, min, max);
}

/* Either form: `scales` is the layer's list for channels without a proved one. */
static inline int32_t edgeml_rescale_or_requantize(int32_t acc, edgeml_rescale form, int32_t shift,
                                                   const edgeml_scale *scales, int32_t zero_point, int32_t min,
                                                   int32_t max) {
  if (form.multiplier != 0) return edgeml_rescale_range_s8(acc, form, shift, min, max);
  return edgeml_requantize(acc, scales[form.addend], zero_point, min, max);
}

#endif
