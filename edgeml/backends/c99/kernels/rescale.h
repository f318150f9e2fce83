/* Requantisation by one multiplication of integers, where the compiler has proved that its int8 results are those of
 * edgeml_requantize for every sum that a channel can have (edgeml/ops/integer_form.py). */
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

/* modulo 2^32 */
static inline int32_t edgeml_plus(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

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

/* The same without a long multiplication (edgeml/ops/short_form.py): the sum in parts of 21 and 11 bits, the
 * multiplier in parts of 21 and 10, the smallest of the four products left out. `addend` is 32 * addend + shift. */
typedef struct {
  int32_t upper, rest, addend, shift;
} edgeml_short_form;

static inline edgeml_short_form edgeml_unpack_short(edgeml_rescale form) {
  const edgeml_short_form parts = {form.multiplier >> 10, form.multiplier & 0x3FF, form.addend >> 5, form.addend & 31};
  return parts;
}

static inline int32_t edgeml_rescale_short_s8(int32_t acc, edgeml_short_form form, int32_t min, int32_t max) {
  const int32_t high = acc >> 11;
  const uint32_t low = ((uint32_t)acc & 0x7FFu) * (uint32_t)form.upper;
  const int32_t sum = high * form.upper + (int32_t)(low >> 11) + ((high * form.rest) >> 10) + form.addend;
  return edgeml_clamp_s32(sum >> form.shift, min, max);
}

/* int8 results of `count` sums with the bias, at sums, sums + stride, …, to y, y + step, … by either form. */
static inline void edgeml_rescale_run_or_requantize(const int32_t *sums, int32_t stride, int32_t count,
                                                    edgeml_rescale form, int32_t shift, int32_t bias,
                                                    const edgeml_scale *scales, int32_t zero_point, int32_t min,
                                                    int32_t max, int8_t *y, int32_t step) {
  const int32_t *const end = sums + stride * count;
  if (form.multiplier == 0) {
    for (; sums != end; sums += stride, y += step)
      *y = (int8_t)edgeml_requantize(edgeml_plus(*sums, bias), scales[form.addend], zero_point, min, max);
  } else if (min == -128 && max == 127) {
    for (; sums != end; sums += stride, y += step)
      *y = (int8_t)edgeml_rescale_s8(edgeml_plus(*sums, bias), form, shift);
  } else {
    for (; sums != end; sums += stride, y += step)
      *y = (int8_t)edgeml_rescale_range_s8(edgeml_plus(*sums, bias), form, shift, min, max);
  }
}

/* Either form: `scales` is the layer's list for channels without a proved one. */
static inline int32_t edgeml_rescale_or_requantize(int32_t acc, edgeml_rescale form, int32_t shift,
                                                   const edgeml_scale *scales, int32_t zero_point, int32_t min,
                                                   int32_t max) {
  if (form.multiplier != 0) return edgeml_rescale_range_s8(acc, form, shift, min, max);
  return edgeml_requantize(acc, scales[form.addend], zero_point, min, max);
}

/* int8 results of `count` sums with the bias, at y, y + step, … */
static inline void edgeml_rescale_short_or_requantize(edgeml_rescale form, int32_t bias, const int32_t *sums,
                                               const edgeml_scale *scales, int32_t zero_point, int32_t min, int32_t max,
                                               int8_t *y, int32_t step, int32_t count) {
  const int32_t *const end = sums + count;
  if (form.multiplier != 0) {
    const edgeml_short_form parts = edgeml_unpack_short(form);
    for (; sums != end; ++sums, y += step)
      *y = (int8_t)edgeml_rescale_short_s8(edgeml_plus(*sums, bias), parts, min, max);
  } else {
    for (; sums != end; ++sums, y += step)
      *y = (int8_t)edgeml_requantize(edgeml_plus(*sums, bias), scales[form.addend], zero_point, min, max);
  }
}

#endif
