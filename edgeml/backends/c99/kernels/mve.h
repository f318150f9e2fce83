/* Arm's Helium vectors (M-profile Vector Extension), and the same in C for other processors.
 *
 * Loops that Helium predicates by itself (DLSTP, LETP) are in assembly, because compilers do not write them from C:
 * their last turn loads and adds only the elements that are left. The four lanes of a vector are four channels. */
#ifndef EDGEML_MVE_H
#define EDGEML_MVE_H

#include <stdint.h>

#include "requantize.h"

#if defined(__ARM_FEATURE_MVE) && !defined(EDGEML_NO_ASM)
#if __ARM_FEATURE_MVE & 2
#define EDGEML_MVE 1
#include <arm_mve.h>
#endif
#endif
#if !defined(EDGEML_MVE)
#define EDGEML_MVE 0
#endif

/* How sums become int8. */
typedef struct {
  int32_t zero_point, min, max; /* -128..127 */
} edgeml_s8_range;

#if EDGEML_MVE

typedef int32x4_t edgeml_x4;

#else

typedef struct {
  int32_t lane[4];
} edgeml_x4;

/* Byte `i` of constants that are stored as words, the first in a word's low bits. */
static inline int32_t edgeml_stream_byte(const int32_t *words, int32_t i) {
  return (int8_t)(uint8_t)(((uint32_t)words[i >> 2] >> (8 * (i & 3))) & 0xFFu);
}

#endif

/* Words of one channel's weights in a stream: bytes, zeros up to a multiple of 16. */
static inline int32_t edgeml_stream_words(int32_t length) { return (length + 15) / 16 * 4; }

/* y[i] = x[i] for `count` > 0 bytes. */
static inline void edgeml_copy_s8(int8_t *restrict y, const int8_t *restrict x, int32_t count) {
#if EDGEML_MVE
  __asm volatile(
      "dlstp.8 lr, %[count]\n"
      "1: vldrb.8 q0, [%[x]], #16\n"
      "vstrb.8 q0, [%[y]], #16\n"
      "letp lr, 1b\n"
      : [x] "+l"(x), [y] "+l"(y)
      : [count] "r"(count)
      : "q0", "lr", "memory");
#else
  for (int32_t i = 0; i < count; ++i) y[i] = x[i];
#endif
}

/* `rows` > 0 rows of `count` > 0 bytes, `step` bytes apart in x and none in y. */
static inline void edgeml_copy_rows_s8(int8_t *restrict y, const int8_t *restrict x, int32_t rows, int32_t count,
                                       int32_t step) {
#if EDGEML_MVE
  int8_t *to;
  const int8_t *from;
  __asm volatile(
      "2: mov %[from], %[x]\n"
      "mov %[to], %[y]\n"
      "dlstp.8 lr, %[count]\n"
      "1: vldrb.8 q0, [%[from]], #16\n"
      "vstrb.8 q0, [%[to]], #16\n"
      "letp lr, 1b\n"
      "add %[x], %[x], %[step]\n"
      "add %[y], %[y], %[count]\n"
      "subs %[rows], %[rows], #1\n"
      "bne 2b\n"
      : [x] "+r"(x), [y] "+r"(y), [rows] "+r"(rows), [from] "=&l"(from), [to] "=&l"(to)
      : [count] "r"(count), [step] "r"(step)
      : "q0", "lr", "cc", "memory");
#else
  for (; rows > 0; --rows, x += step, y += count)
    for (int32_t i = 0; i < count; ++i) y[i] = x[i];
#endif
}

/* y[i] = value for `count` > 0 bytes. */
static inline void edgeml_fill_s8(int8_t *y, int8_t value, int32_t count) {
#if EDGEML_MVE
  __asm volatile(
      "vdup.8 q0, %[value]\n"
      "dlstp.8 lr, %[count]\n"
      "1: vstrb.8 q0, [%[y]], #16\n"
      "letp lr, 1b\n"
      : [y] "+l"(y)
      : [value] "r"(value), [count] "r"(count)
      : "q0", "lr", "memory");
#else
  for (int32_t i = 0; i < count; ++i) y[i] = value;
#endif
}

/* Four words. */
static inline edgeml_x4 edgeml_load_x4(const int32_t *from) {
#if EDGEML_MVE
  return vld1q_s32(from);
#else
  const edgeml_x4 x = {{from[0], from[1], from[2], from[3]}};
  return x;
#endif
}

static inline void edgeml_store_x4(int32_t *to, edgeml_x4 x) {
#if EDGEML_MVE
  vst1q_s32(to, x);
#else
  for (int32_t i = 0; i < 4; ++i) to[i] = x.lane[i];
#endif
}

/* The value in all lanes. */
static inline edgeml_x4 edgeml_all_x4(int32_t value) {
#if EDGEML_MVE
  return vdupq_n_s32(value);
#else
  const edgeml_x4 x = {{value, value, value, value}};
  return x;
#endif
}

/* Four bytes, sign-extended. */
static inline edgeml_x4 edgeml_load_s8x4(const int8_t *from) {
#if EDGEML_MVE
  return vldrbq_s32(from);
#else
  const edgeml_x4 x = {{from[0], from[1], from[2], from[3]}};
  return x;
#endif
}

static inline edgeml_x4 edgeml_add_x4(edgeml_x4 a, edgeml_x4 b) {
#if EDGEML_MVE
  return vaddq_s32(a, b);
#else
  for (int32_t i = 0; i < 4; ++i) a.lane[i] += b.lane[i];
  return a;
#endif
}

/* Four channels for two pixels: dot products of `length` bytes at x0 and x1.
 *
 * The stream holds, for channels 0 and 1 and then for 2 and 3: their two starting sums, and 16 bytes of the one's weights
 * and 16 of the other's in turn. Returns what comes behind. */
static inline const int32_t *edgeml_dots_2x4(const int32_t *stream, const int8_t *x0, const int8_t *x1, int32_t length,
                                             edgeml_x4 *first, edgeml_x4 *second) {
#if EDGEML_MVE
  int32_t a0, a1, b0, b1;
  const int8_t *p0, *p1;
  edgeml_x4 a, b;
#define EDGEML_PAIR(half)                             \
  "ldrd %[a0], %[a1], [%[w]], #8\n"                   \
  "mov %[p0], %[x0]\n"                                \
  "mov %[p1], %[x1]\n"                                \
  "mov %[b0], %[a0]\n"                                \
  "mov %[b1], %[a1]\n"                                \
  "dlstp.8 lr, %[length]\n"                           \
  "1: vldrb.8 q0, [%[w]], #16\n"                      \
  "vldrb.8 q1, [%[p0]], #16\n"                        \
  "vmladava.s8 %[a0], q0, q1\n"                       \
  "vldrb.8 q2, [%[w]], #16\n"                         \
  "vmladava.s8 %[a1], q2, q1\n"                       \
  "vldrb.8 q1, [%[p1]], #16\n"                        \
  "vmladava.s8 %[b0], q0, q1\n"                       \
  "vmladava.s8 %[b1], q2, q1\n"                       \
  "letp lr, 1b\n"                                     \
  "vmov %" half "[a], %[a0], %[a1]\n"                \
  "vmov %" half "[b], %[b0], %[b1]\n"
  __asm volatile(EDGEML_PAIR("e") EDGEML_PAIR("f")
                 : [w] "+r"(stream), [a0] "=&Te"(a0), [a1] "=&Te"(a1), [b0] "=&Te"(b0), [b1] "=&Te"(b1),
                   [p0] "=&r"(p0), [p1] "=&r"(p1), [a] "=&w"(a), [b] "=&w"(b)
                 : [x0] "r"(x0), [x1] "r"(x1), [length] "r"(length)
                 : "q0", "q1", "q2", "lr", "memory");
#undef EDGEML_PAIR
  *first = a;
  *second = b;
  return stream;
#else
  const int32_t words = edgeml_stream_words(length);
  for (int32_t pair = 0; pair < 2; ++pair, stream += 2 + 2 * words) {
    for (int32_t odd = 0; odd < 2; ++odd) {
      int32_t a = stream[odd], b = stream[odd];
      for (int32_t i = 0; i < length; ++i) {
        const int32_t w = edgeml_stream_byte(stream + 2, i / 16 * 32 + 16 * odd + i % 16);
        a += x0[i] * w;
        b += x1[i] * w;
      }
      first->lane[2 * pair + odd] = a;
      second->lane[2 * pair + odd] = b;
    }
  }
  return stream;
#endif
}

/* Four channels: dot products of `length` bytes at x.
 *
 * The stream holds the four starting sums, and in turn 16 bytes of each channel's weights. Returns what comes behind. */
static inline const int32_t *edgeml_dots_1x4(const int32_t *stream, const int8_t *x, int32_t length, edgeml_x4 *sums) {
#if EDGEML_MVE
  int32_t a0, a1, a2, a3;
  edgeml_x4 a;
  __asm volatile(
      "ldrd %[a0], %[a1], [%[w]], #8\n"
      "ldrd %[a2], %[a3], [%[w]], #8\n"
      "dlstp.8 lr, %[length]\n"
      "1: vldrb.8 q0, [%[x]], #16\n"
      "vldrb.8 q1, [%[w]], #16\n"
      "vmladava.s8 %[a0], q0, q1\n"
      "vldrb.8 q1, [%[w]], #16\n"
      "vmladava.s8 %[a1], q0, q1\n"
      "vldrb.8 q1, [%[w]], #16\n"
      "vmladava.s8 %[a2], q0, q1\n"
      "vldrb.8 q1, [%[w]], #16\n"
      "vmladava.s8 %[a3], q0, q1\n"
      "letp lr, 1b\n"
      "vmov %e[a], %[a0], %[a1]\n"
      "vmov %f[a], %[a2], %[a3]\n"
      : [w] "+r"(stream), [x] "+r"(x), [a0] "=&Te"(a0), [a1] "=&Te"(a1), [a2] "=&Te"(a2), [a3] "=&Te"(a3), [a] "=&w"(a)
      : [length] "r"(length)
      : "q0", "q1", "lr", "memory");
  *sums = a;
  return stream;
#else
  for (int32_t c = 0; c < 4; ++c) {
    int32_t sum = stream[c];
    for (int32_t i = 0; i < length; ++i) sum += x[i] * edgeml_stream_byte(stream + 4, i / 16 * 64 + 16 * c + i % 16);
    sums->lane[c] = sum;
  }
  return stream + 4 + 4 * edgeml_stream_words(length);
#endif
}

/* The first `count` channels, by the litert rule with four float32 `scale`, to y. */
static inline void edgeml_store_s8x4(int8_t *y, edgeml_x4 sums, const int32_t *scale, edgeml_s8_range range,
                                     int32_t count) {
#if EDGEML_MVE
  const float32x4_t factor = vreinterpretq_f32_s32(vld1q_s32(scale));
  /* the sum saturates, so that the bounds hold whatever the size of a value; NaN cannot occur */
  int32x4_t q = vqaddq_n_s32(vcvtnq_s32_f32(vmulq_f32(vcvtq_f32_s32(sums), factor)), range.zero_point);
  q = vminq_s32(vmaxq_s32(q, vdupq_n_s32(range.min)), vdupq_n_s32(range.max));
  if (count >= 4)
    vstrbq_s32(y, q);
  else
    vstrbq_p_s32(y, q, vctp32q((uint32_t)count));
#else
  for (int32_t i = 0; i < count && i < 4; ++i) {
    edgeml_float_bits factor;
    factor.bits = scale[i];
    y[i] = (int8_t)edgeml_round_s8((float)sums.lane[i] * factor.value, range.zero_point, range.min, range.max);
  }
#endif
}

#endif
