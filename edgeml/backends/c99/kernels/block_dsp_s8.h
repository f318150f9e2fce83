/* Four pixels by all output channels: the core of the convolutions for processors with packed 16-bit products (dsp.h).
 *
 * Included with EDGEML_WIDE 0 or 1.
 * x: K / 2 groups of four words, K a multiple of 4. A word holds two inputs of one pixel as int16: of each four inputs
 *   the first and third, then the second and fourth. A group holds the words of pixels 0..3.
 * stream: for each pair of output channels (even, odd) two starting sums, K / 2 words of weights, four words of
 *   requantisation. The bytes of a word of weights: even channel k, odd channel k, even channel k + 2, odd channel
 *   k + 2 (k + 1, k + 3 in the next).
 *   Narrow: a half holds the sum 256 * w[odd] + w[even], the odd channel starts from 256 * b[odd] + b[even]. So one
 *   multiplication serves both, and the odd sum, less the even one, is 256 times as large: |sum| < 2^23.
 *   Wide: both bytes are the weights, starting sums are plain. One more instruction a word, any sum.
 *   With EDGEML_NIBBLES 1 (and EDGEML_WIDE 0): K / 4 words as in nibbles_dsp.h, the odd channel starts from
 *   16 * b[odd] + b[even], and behind x stand 8 times the sums of the four pixels. One more instruction for every two k.
 * Requantisation: see pair_dsp_s8.h; the shift of all integer forms is 5. */
#ifndef EDGEML_BLOCK_DSP_S8_H
#define EDGEML_BLOCK_DSP_S8_H

#include <stdint.h>

#include "compiler.h"
#include "dsp.h"
#include "nibbles_dsp.h"
#include "pair_dsp_s8.h"

#if EDGEML_DSP && defined(__thumb2__) && defined(__GNUC__)
#define EDGEML_BLOCK_ASM 1
#else
#define EDGEML_BLOCK_ASM 0
#endif

enum { EDGEML_PAIR_WORDS = 6, EDGEML_SHIFT = 5 };

/* The order is that of the registers in which the assembly takes them. */
typedef struct {
  const int32_t *stream;
  int8_t *y;
  int32_t channels, three_channels; /* from a pixel of y to the next */
  const int32_t *stream_end; /* after the last whole pair */
  const uint32_t *x;
  int32_t skip; /* where the first turn of the unrolled loop begins, in bytes */
  const uint32_t *x_end;
  int32_t zero_point;
} edgeml_block;

/* Two words of one pixel: v and w of weights, a and b of x. */
#if EDGEML_WIDE
#define EDGEML_PIXEL_WORDS           \
  "sxtb16 %[t], %[v]\n"              \
  "smlad %[even], %[a], %[t], %[even]\n" \
  "sxtb16 %[v], %[v], ror #8\n"      \
  "smlad %[odd], %[a], %[v], %[odd]\n" \
  "sxtb16 %[t], %[w]\n"              \
  "smlad %[even], %[b], %[t], %[even]\n" \
  "sxtb16 %[w], %[w], ror #8\n"      \
  "smlad %[odd], %[b], %[w], %[odd]\n"
#else
#define EDGEML_PIXEL_WORDS           \
  "sxtb16 %[t], %[v]\n"              \
  "smlad %[odd], %[a], %[v], %[odd]\n" \
  "smlad %[even], %[a], %[t], %[even]\n" \
  "sxtb16 %[t], %[w]\n"              \
  "smlad %[odd], %[b], %[w], %[odd]\n" \
  "smlad %[even], %[b], %[t], %[even]\n"
#endif

#if EDGEML_NIBBLES
/* `count` channels, from an even one on, of one pixel; `x` is its word in the first group. */
EDGEML_NOINLINE static void edgeml_block_pixel(const edgeml_block *block, const uint32_t *x, const int32_t *stream,
                                               int32_t count, int8_t *y) {
  const int32_t words = (int32_t)(block->x_end - block->x) / 8;
  for (; count > 0; count -= 2, y += 2) {
    int32_t even = stream[0], odd = stream[1];
    const uint32_t *pair = x;
    stream += 2;
    for (const int32_t *const end = stream + words; stream != end; pair += 8) {
      const uint32_t word = (uint32_t)*stream++;
      const uint32_t v = edgeml_nibble_pair(word, 0), w = edgeml_nibble_pair(word, 1);
      odd = edgeml_smlad(pair[0], v, odd);
      even = edgeml_smlad(pair[0], edgeml_low_nibbles(v), even);
      odd = edgeml_smlad(pair[4], w, odd);
      even = edgeml_smlad(pair[4], edgeml_low_nibbles(w), even);
    }
    odd = edgeml_wrap_sub(odd, edgeml_wrap_add(even, (int32_t)(*pair << 4)));
    even = edgeml_wrap_sub(even, (int32_t)*pair);
    y[0] = edgeml_pair_output(even, stream, 0, EDGEML_SHIFT, block->zero_point);
    if (count > 1) y[1] = edgeml_pair_output(odd, stream, 1, EDGEML_SHIFT, block->zero_point);
    stream += EDGEML_PAIR_WORDS - 2;
  }
}

/* 8 times the sum of each pixel's inputs, to the end of x. */
EDGEML_NOINLINE static void edgeml_block_sums(const uint32_t *x, uint32_t *end) {
  const uint32_t ones = 0x00010001u;
#if EDGEML_DSP
  int32_t a = 0, b = 0, c = 0, d = 0;
  for (; x != end; x += 8) {
    a = edgeml_smlad(x[4], ones, edgeml_smlad(x[0], ones, a));
    b = edgeml_smlad(x[5], ones, edgeml_smlad(x[1], ones, b));
    c = edgeml_smlad(x[6], ones, edgeml_smlad(x[2], ones, c));
    d = edgeml_smlad(x[7], ones, edgeml_smlad(x[3], ones, d));
  }
  end[0] = (uint32_t)a << 3;
  end[1] = (uint32_t)b << 3;
  end[2] = (uint32_t)c << 3;
  end[3] = (uint32_t)d << 3;
#else
  /* pixel by pixel: gcc 12 at -O3 mixes up four sums in one loop */
  for (int32_t i = 0; i < 4; ++i) {
    int32_t sum = 0;
    for (const uint32_t *word = x; word != end; word += 4) sum = edgeml_smlad(word[i], ones, sum);
    end[i] = (uint32_t)sum << 3;
  }
#endif
}
#else
/* `count` channels, from an even one on, of one pixel; `x` is its word in the first group. */
EDGEML_NOINLINE static void edgeml_block_pixel(const edgeml_block *block, const uint32_t *x, const int32_t *stream,
                                               int32_t count, int8_t *y) {
  const int32_t words = (int32_t)(block->x_end - block->x) / 4;
  for (; count > 0; count -= 2, y += 2) {
    int32_t even = stream[0], odd = stream[1];
    const uint32_t *pair = x;
    stream += 2;
    for (const int32_t *const end = stream + words; stream != end;) {
#if EDGEML_BLOCK_ASM
      uint32_t v, w, a, b, t;
      __asm__ volatile(
          "ldrd %[v], %[w], [%[stream]], #8\n"
          "ldr %[a], [%[pair]], #16\n"
          "ldr %[b], [%[pair]], #16\n" EDGEML_PIXEL_WORDS
          : [pair] "+r"(pair), [stream] "+r"(stream), [v] "=&r"(v), [w] "=&r"(w), [a] "=&r"(a), [b] "=&r"(b),
            [t] "=&r"(t), [even] "+r"(even), [odd] "+r"(odd)
          :
          : "memory");
#else
      const uint32_t v = (uint32_t)stream[0], w = (uint32_t)stream[1];
      even = edgeml_smlad(pair[0], edgeml_sxtb16(v), even);
      even = edgeml_smlad(pair[4], edgeml_sxtb16(w), even);
      odd = edgeml_smlad(pair[0], EDGEML_WIDE ? edgeml_sxtb16_odd(v) : v, odd);
      odd = edgeml_smlad(pair[4], EDGEML_WIDE ? edgeml_sxtb16_odd(w) : w, odd);
      stream += 2;
      pair += 8;
#endif
    }
    if (!EDGEML_WIDE) odd = (int32_t)((uint32_t)odd - (uint32_t)even);
    y[0] = edgeml_pair_output(even, stream, 0, EDGEML_SHIFT, block->zero_point);
    if (count > 1) y[1] = edgeml_pair_output(odd, stream, 1, EDGEML_SHIFT, block->zero_point);
    stream += EDGEML_PAIR_WORDS - 2;
  }
}
#endif

#if EDGEML_BLOCK_ASM
/* r0 x, r1 stream, r4..r7 even and r8..r11 odd channel of pixels 0..3; r2, r3 x, r12 weights, lr even weights. */
#if EDGEML_NIBBLES
/* the bytes of the same word twice: first and third, then the others */
#define EDGEML_SPLIT "uxtb16 r12, r12\n and lr, r12, #0x000f000f\n"
#define EDGEML_SPLIT_AGAIN "uxtb16 r12, r12, ror #8\n and lr, r12, #0x000f000f\n"
#define EDGEML_PART                                                                                    \
  "ldm r0, {r2, r3, r12, lr}\n"                                                                       \
  "sub r8, r8, r4\n sub r9, r9, r5\n sub r10, r10, r6\n sub r11, r11, r7\n"                        \
  "sub r8, r8, r2, lsl #4\n sub r9, r9, r3, lsl #4\n sub r10, r10, r12, lsl #4\n sub r11, r11, lr, lsl #4\n" \
  "sub r4, r4, r2\n sub r5, r5, r3\n sub r6, r6, r12\n sub r7, r7, lr\n"
#define EDGEML_WORD_BYTES 48
#define EDGEML_SHIFT_ODD "asr #9"
#elif EDGEML_WIDE
#define EDGEML_SPLIT "sxtb16 lr, r12\n sxtb16 r12, r12, ror #8\n"
#define EDGEML_PART ""
#define EDGEML_WORD_BYTES 48
#define EDGEML_SHIFT_ODD "asr #5"
#else
#define EDGEML_SPLIT "sxtb16 lr, r12\n"
#define EDGEML_PART "sub r8, r8, r4\n sub r9, r9, r5\n sub r10, r10, r6\n sub r11, r11, r7\n"
#define EDGEML_WORD_BYTES 44
#define EDGEML_SHIFT_ODD "asr #13"
#endif
#define EDGEML_PRODUCTS(split)                        \
  "ldmia.n r0!, {r2, r3}\n" split                      \
  "smlad r4, r2, lr, r4\n"                             \
  "smlad r8, r2, r12, r8\n"                            \
  "smlad r5, r3, lr, r5\n"                             \
  "smlad r9, r3, r12, r9\n"                            \
  "ldmia.n r0!, {r2, r3}\n"                            \
  "smlad r6, r2, lr, r6\n"                             \
  "smlad r10, r2, r12, r10\n"                          \
  "smlad r7, r3, lr, r7\n"                             \
  "smlad r11, r3, r12, r11\n"
/* an even number of words in all, the first one stands before: so the last is a second one */
#if EDGEML_NIBBLES
#define EDGEML_WORDS                                                  \
  ".rept 8\n ldr.w r12, [r1], #4\n" EDGEML_PRODUCTS(EDGEML_SPLIT)    \
  "ldr r12, [r1, #-4]\n" EDGEML_PRODUCTS(EDGEML_SPLIT_AGAIN) ".endr\n"
#else
#define EDGEML_WORDS ".rept 16\n ldr.w r12, [r1], #4\n" EDGEML_PRODUCTS(EDGEML_SPLIT) ".endr\n"
#endif
/* Pairs without multipliers, then on to label 6 (all in r4..r11, as int8) or 7 (all stored, r0 is the next y). */
#if defined(__ARM_FP) && !EDGEML_NUMERICS_TFLM
/* an odd sum 256 times as large is a whole number of float32 and meets a scale 256 times smaller */
#define EDGEML_SLOW                                                                  \
  "vmov s0, s1, r12, lr\n"                                                           \
  "vmov s2, s3, r4, r5\n"                                                            \
  "vmov s4, s5, r6, r7\n"                                                            \
  "vmov s6, s7, r8, r9\n"                                                            \
  "vmov s8, s9, r10, r11\n"                                                          \
  ".irp v, s2, s3, s4, s5, s6, s7, s8, s9\n vcvt.f32.s32 \\v, \\v\n .endr\n"       \
  ".irp v, s2, s3, s4, s5\n vmul.f32 \\v, \\v, s0\n .endr\n"                       \
  ".irp v, s6, s7, s8, s9\n vmul.f32 \\v, \\v, s1\n .endr\n"                       \
  ".irp v, s2, s3, s4, s5, s6, s7, s8, s9\n vcvtr.s32.f32 \\v, \\v\n .endr\n"      \
  "vmov r4, r5, s2, s3\n"                                                            \
  "vmov r6, r7, s4, s5\n"                                                            \
  "vmov r8, r9, s6, s7\n"                                                            \
  "vmov r10, r11, s8, s9\n"                                                          \
  "ldr r12, [sp, #28]\n"                                                             \
  ".irp r, r4, r5, r6, r7, r8, r9, r10, r11\n qadd \\r, \\r, r12\n"                 \
  "ssat \\r, #8, \\r\n .endr\n"                                                     \
  "b.w 6b\n"
#else
/* `sums`: even channel of pixels 0..3, then the odd one; all but stream of a block follow. */
__attribute__((used, noinline)) static void edgeml_block_slow(const int32_t *sums, const int32_t *factors) {
  const int32_t *const rest = sums + 8;
  int8_t *y = (int8_t *)(uintptr_t)(uint32_t)rest[0];
  for (int32_t i = 0; i < 4; ++i, ++sums, y += rest[1]) {
    y[0] = edgeml_pair_scale(sums[0], factors, 0, rest[7]);
    y[1] = edgeml_pair_scale(sums[4], factors, 1, rest[7]);
  }
}

#define EDGEML_SLOW         \
  "push {r4-r11}\n"         \
  "mov r4, r1\n"            \
  "mov r0, sp\n"            \
  "sub r1, r1, #16\n"       \
  "bl edgeml_block_slow\n"  \
  "mov r1, r4\n"            \
  "add sp, #32\n"           \
  "ldm sp, {r0, r2, r3, r12}\n" \
  "adds r0, #2\n"           \
  "b.w 7b\n"
#endif

enum { EDGEML_UNROLLED = 16 };

__attribute__((naked, noinline)) static void edgeml_block_pairs(__attribute__((unused)) const edgeml_block *block) {
  __asm__(
      ".syntax unified\n"
      "push {r3-r11, lr}\n"
      "ldm r0, {r1-r9}\n"
      "adr.w r12, 3f\n"
      "add r7, r7, r12\n"
      "orr r7, r7, #1\n"
      "push {r2-r9}\n" /* y, channels, three_channels, end, x, first turn, end of x, zero point */
      "2:\n"
      "ldr r0, [sp, #16]\n"
      /* the first word spreads the starting sums over the pixels */
      "ldm r1!, {r4, r8, r12}\n"
      "ldm r0!, {r2, r3, r6, r7}\n" EDGEML_SPLIT
      "smlad r10, r6, r12, r8\n"
      "smlad r6, r6, lr, r4\n"
      "smlad r11, r7, r12, r8\n"
      "smlad r7, r7, lr, r4\n"
      "smlad r9, r3, r12, r8\n"
      "smlad r5, r3, lr, r4\n"
      "smlad r8, r2, r12, r8\n"
      "smlad r4, r2, lr, r4\n"
      "ldr pc, [sp, #20]\n"
      "3:\n"
      EDGEML_WORDS
      "ldr r2, [sp, #24]\n"
      "cmp r0, r2\n"
      "bne.w 3b\n" EDGEML_PART
      "ldm r1!, {r2, r3, r12, lr}\n"
      "cbz r2, 4f\n"
      "smmla r4, r4, r2, r3\n"
      "smmla r5, r5, r2, r3\n"
      "smmla r6, r6, r2, r3\n"
      "smmla r7, r7, r2, r3\n"
      "smmla r8, r8, r12, lr\n"
      "smmla r9, r9, r12, lr\n"
      "smmla r10, r10, r12, lr\n"
      "smmla r11, r11, r12, lr\n"
      ".irp r, r4, r5, r6, r7\n ssat \\r, #8, \\r, asr #5\n .endr\n"
      ".irp r, r8, r9, r10, r11\n ssat \\r, #8, \\r, " EDGEML_SHIFT_ODD "\n .endr\n"
      "6:\n"
      "ldm sp, {r0, r2, r3, r12}\n"
      "strb r7, [r0, r3]\n"
      "strb r6, [r0, r2, lsl #1]\n"
      "strb r5, [r0, r2]\n"
      "strb r4, [r0], #1\n"
      "strb r11, [r0, r3]\n"
      "strb r10, [r0, r2, lsl #1]\n"
      "strb r9, [r0, r2]\n"
      "strb r8, [r0], #1\n"
      "7:\n"
      "str r0, [sp]\n"
      "cmp r1, r12\n"
      "bne.w 2b\n"
      "add sp, #32\n"
      "pop {r3-r11, pc}\n"
      "4:\n" EDGEML_SLOW);
}
#endif

/* Blocks to come of `k` inputs, a multiple of 4, at `x`; the rest is for edgeml_block_run to say. */
static inline edgeml_block edgeml_block_prepare(const uint32_t *x, int32_t k, const int32_t *stream, int32_t channels,
                                                int32_t zero_point) {
  edgeml_block block;
  block.stream = stream;
  block.x = x;
  block.x_end = x + 2 * k;
  block.y = 0;
  block.channels = channels;
  block.three_channels = 3 * channels;
  block.zero_point = zero_point;
  block.stream_end = stream + (channels / 2) * (k / (EDGEML_NIBBLES ? 4 : 2) + EDGEML_PAIR_WORDS);
#if EDGEML_BLOCK_ASM
  block.skip = (int32_t)((uint32_t)(1 - k / 2) % EDGEML_UNROLLED) * EDGEML_WORD_BYTES;
#else
  block.skip = 0;
#endif
  return block;
}

/* The first `pixels` (1..4) of the block at x to y. */
static void edgeml_block_run(edgeml_block *block, int32_t pixels, int8_t *y) {
  int32_t done = 0;
#if EDGEML_BLOCK_ASM
  if (pixels == 4) {
    done = block->channels & ~1;
    block->y = y;
    if (done > 0) edgeml_block_pairs(block);
    if (done == block->channels) return;
  }
#endif
  for (int32_t i = 0; i < pixels; ++i, y += block->channels)
    edgeml_block_pixel(block, block->x + i, done == 0 ? block->stream : block->stream_end, block->channels - done,
                       y + done);
}

#endif
