/* Four pixels by all output channels: the core of the convolutions for processors with packed 16-bit products (dsp.h).
 *
 * Included with EDGEML_WIDE 0 or 1.
 * x: K / 2 groups of four words, K a multiple of 4. A word holds two inputs of one pixel as int16: of each four inputs
 *   the first and third, then the second and fourth. A group holds the words of pixels 0..3.
 * stream: for each pair of output channels (even, odd) two starting sums, K / 2 words of weights, the two scales. The
 *   bytes of a word: even channel k, odd channel k, even channel k + 2, odd channel k + 2 (k + 1, k + 3 in the next).
 *   Narrow: a half holds the sum 256 * w[odd] + w[even]; the odd channel starts from 256 * b[odd] + b[even] and has
 *   its scale / 256. So one multiplication serves both, and the odd sum is 256 times as large: |sum| < 2^23.
 *   Wide: both bytes are the weights, starting sums and scales are plain. One more instruction a word, any sum. */
#ifndef EDGEML_BLOCK_DSP_S8_H
#define EDGEML_BLOCK_DSP_S8_H

#include <stdint.h>

#include "compiler.h"
#include "dsp.h"
#include "requantize.h"

#if EDGEML_DSP && defined(__thumb2__) && defined(__ARM_FP) && !EDGEML_NUMERICS_TFLM && defined(__GNUC__)
#define EDGEML_BLOCK_ASM 1
#else
#define EDGEML_BLOCK_ASM 0
#endif

enum { EDGEML_SCALE_WORDS = sizeof(edgeml_scale) / sizeof(int32_t) };

/* The order is that of the registers in which the assembly takes them. */
typedef struct {
  const int32_t *stream;
  const uint32_t *x;
  int32_t skip; /* where the first turn of the unrolled loop begins, in bytes */
  const uint32_t *x_end;
  int8_t *y;
  int32_t channels, three_channels; /* from a pixel of y to the next */
  int32_t zero_point;
  const int32_t *stream_end; /* after the last whole pair */
} edgeml_block;

static inline int8_t edgeml_block_output(int32_t sum, const int32_t *scale, int32_t zero_point) {
#if EDGEML_NUMERICS_TFLM
  const edgeml_scale factor = {scale[0], scale[1]};
  return (int8_t)edgeml_requantize(sum, factor, zero_point, -128, 127);
#else
  edgeml_float_bits factor;
  factor.bits = scale[0];
  return (int8_t)edgeml_requantize(sum, factor.value, zero_point, -128, 127);
#endif
}

/* `count` channels, from an even one on, of one pixel; `x` is its word in the first group. */
EDGEML_NOINLINE static void edgeml_block_pixel(const edgeml_block *block, const uint32_t *x, const int32_t *stream,
                                               int32_t count, int8_t *y) {
  const int32_t words = (int32_t)(block->x_end - block->x) / 4;
  for (; count > 0; count -= 2, y += 2) {
    int32_t even = stream[0], odd = stream[1];
    const uint32_t *pair = x;
    stream += 2;
    for (const int32_t *const end = stream + words; stream != end; stream += 2, pair += 8) {
      const uint32_t v = (uint32_t)stream[0], w = (uint32_t)stream[1];
      even = edgeml_smlad(pair[0], edgeml_sxtb16(v), even);
      even = edgeml_smlad(pair[4], edgeml_sxtb16(w), even);
      odd = edgeml_smlad(pair[0], EDGEML_WIDE ? edgeml_sxtb16_odd(v) : v, odd);
      odd = edgeml_smlad(pair[4], EDGEML_WIDE ? edgeml_sxtb16_odd(w) : w, odd);
    }
    y[0] = edgeml_block_output(even, stream, block->zero_point);
    if (count > 1) {
      if (!EDGEML_WIDE) odd = (int32_t)((uint32_t)odd - (uint32_t)even);
      /* a multiple of 256; the float scale is smaller by as much */
      if (!EDGEML_WIDE && EDGEML_NUMERICS_TFLM) odd >>= 8;
      y[1] = edgeml_block_output(odd, stream + EDGEML_SCALE_WORDS, block->zero_point);
    }
    stream += 2 * EDGEML_SCALE_WORDS;
  }
}

#if EDGEML_BLOCK_ASM
/* r0 x, r1 stream, r4..r7 even and r8..r11 odd channel of pixels 0..3; r2, r3 x, r12 weights, lr even weights. */
#if EDGEML_WIDE
#define EDGEML_SPLIT "sxtb16 lr, r12\n sxtb16 r12, r12, ror #8\n"
#define EDGEML_PART ""
#define EDGEML_WORD_BYTES 48
#else
#define EDGEML_SPLIT "sxtb16 lr, r12\n"
#define EDGEML_PART "sub r8, r8, r4\n sub r9, r9, r5\n sub r10, r10, r6\n sub r11, r11, r7\n"
#define EDGEML_WORD_BYTES 44
#endif
#define EDGEML_WORD                                               \
  "ldr.w r12, [r1], #4\n"                                         \
  "ldmia.n r0!, {r2, r3}\n" EDGEML_SPLIT "smlad r4, r2, lr, r4\n" \
  "smlad r8, r2, r12, r8\n"                                       \
  "smlad r5, r3, lr, r5\n"                                        \
  "smlad r9, r3, r12, r9\n"                                       \
  "ldmia.n r0!, {r2, r3}\n"                                       \
  "smlad r6, r2, lr, r6\n"                                        \
  "smlad r10, r2, r12, r10\n"                                     \
  "smlad r7, r3, lr, r7\n"                                        \
  "smlad r11, r3, r12, r11\n"
#define EDGEML_EIGHT(op)                                                                                          \
  op(s2, s0) op(s3, s0) op(s4, s0) op(s5, s0) op(s6, s1) op(s7, s1) op(s8, s1) op(s9, s1)
#define EDGEML_TO_FLOAT(v, scale) "vcvt.f32.s32 " #v ", " #v "\n"
#define EDGEML_MULTIPLY(v, scale) "vmul.f32 " #v ", " #v ", " #scale "\n"
#define EDGEML_ROUND(v, scale) "vcvtr.s32.f32 " #v ", " #v "\n"
#define EDGEML_SATURATE(r) "qadd " #r ", " #r ", r12\n ssat " #r ", #8, " #r "\n"

enum { EDGEML_UNROLLED = 8 };

__attribute__((naked, noinline)) static void edgeml_block_pairs(__attribute__((unused)) const edgeml_block *block) {
  __asm__(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "ldm r0, {r1-r9}\n"
      "adr.w r10, 3f\n"
      "add r3, r3, r10\n"
      "orr r3, r3, #1\n"
      "push {r2-r9}\n"
      "2:\n"
      "ldr r0, [sp]\n"
      "ldm r1!, {r4, r8}\n"
      /* the first word spreads the starting sums over the pixels */
      "ldr.w r12, [r1], #4\n"
      "ldrd r2, r3, [r0, #8]\n" EDGEML_SPLIT
      "smlad r6, r2, lr, r4\n"
      "smlad r10, r2, r12, r8\n"
      "smlad r7, r3, lr, r4\n"
      "smlad r11, r3, r12, r8\n"
      "ldrd r2, r3, [r0], #16\n"
      "smlad r5, r3, lr, r4\n"
      "smlad r9, r3, r12, r8\n"
      "smlad r4, r2, lr, r4\n"
      "smlad r8, r2, r12, r8\n"
      "ldr pc, [sp, #4]\n"
      "3:\n" EDGEML_WORD EDGEML_WORD EDGEML_WORD EDGEML_WORD EDGEML_WORD EDGEML_WORD EDGEML_WORD EDGEML_WORD
      "ldr r2, [sp, #8]\n"
      "cmp r0, r2\n"
      "bne 3b\n" EDGEML_PART
      "vldmia r1!, {s0, s1}\n"
      "vmov s2, s3, r4, r5\n"
      "vmov s4, s5, r6, r7\n"
      "vmov s6, s7, r8, r9\n"
      "vmov s8, s9, r10, r11\n"
      EDGEML_EIGHT(EDGEML_TO_FLOAT) EDGEML_EIGHT(EDGEML_MULTIPLY) EDGEML_EIGHT(EDGEML_ROUND)
      "vmov r4, r5, s2, s3\n"
      "vmov r6, r7, s4, s5\n"
      "vmov r8, r9, s6, s7\n"
      "vmov r10, r11, s8, s9\n"
      "ldrd r0, r2, [sp, #12]\n"
      "ldrd r3, r12, [sp, #20]\n"
      EDGEML_SATURATE(r4) EDGEML_SATURATE(r5) EDGEML_SATURATE(r6) EDGEML_SATURATE(r7)
      EDGEML_SATURATE(r8) EDGEML_SATURATE(r9) EDGEML_SATURATE(r10) EDGEML_SATURATE(r11)
      "strb r7, [r0, r3]\n"
      "strb r6, [r0, r2, lsl #1]\n"
      "strb r5, [r0, r2]\n"
      "strb r4, [r0], #1\n"
      "strb r11, [r0, r3]\n"
      "strb r10, [r0, r2, lsl #1]\n"
      "strb r9, [r0, r2]\n"
      "strb r8, [r0], #1\n"
      "str r0, [sp, #12]\n"
      "ldr r2, [sp, #28]\n"
      "cmp r1, r2\n"
      "bne 2b\n"
      "add sp, #32\n"
      "pop {r4-r11, pc}\n");
}
#endif

/* Channel counts and sizes of the blocks to come: `k` inputs, a multiple of 4. x, stream and y are to be set. */
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
  block.stream_end = stream + (channels / 2) * (2 + k / 2 + 2 * EDGEML_SCALE_WORDS);
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

/* Inputs of four pixels from where `from` points, `count` (a multiple of 4) of each, to groups as above; the next. */
EDGEML_NOINLINE static uint32_t *edgeml_block_expand(const int8_t *const from[4], int32_t count, uint32_t *to) {
  const int8_t *a = from[0], *b = from[1], *c = from[2], *d = from[3];
#if EDGEML_BLOCK_ASM
  const int8_t *const end = a + count;
  while (a != end)
    __asm__ volatile(
        "ldr r4, [%0], #4\n"
        "ldr r5, [%1], #4\n"
        "ldr r6, [%2], #4\n"
        "ldr r8, [%3], #4\n"
        "sxtb16 r9, r4\n"
        "sxtb16 r10, r5\n"
        "sxtb16 r12, r6\n"
        "sxtb16 lr, r8\n"
        "stmia %4!, {r9, r10, r12, lr}\n"
        "sxtb16 r4, r4, ror #8\n"
        "sxtb16 r5, r5, ror #8\n"
        "sxtb16 r6, r6, ror #8\n"
        "sxtb16 r8, r8, ror #8\n"
        "stmia %4!, {r4, r5, r6, r8}\n"
        : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(to)
        :
        : "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "memory");
#else
  for (; count > 0; count -= 4, a += 4, b += 4, c += 4, d += 4, to += 8) {
    const uint32_t p = edgeml_load_word(a), q = edgeml_load_word(b), r = edgeml_load_word(c), s = edgeml_load_word(d);
    to[0] = edgeml_sxtb16(p);
    to[1] = edgeml_sxtb16(q);
    to[2] = edgeml_sxtb16(r);
    to[3] = edgeml_sxtb16(s);
    to[4] = edgeml_sxtb16_odd(p);
    to[5] = edgeml_sxtb16_odd(q);
    to[6] = edgeml_sxtb16_odd(r);
    to[7] = edgeml_sxtb16_odd(s);
  }
#endif
  return to;
}

#endif
