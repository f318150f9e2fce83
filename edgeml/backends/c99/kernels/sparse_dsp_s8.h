/* Four pixels by all output channels, where a channel has few weights: the core of conv_2d_sparse_dsp_s8.
 *
 * x: as in block_dsp_s8.h: eight words for each four inputs, the first and third of pixels 0..3, then the second and
 *   fourth. A channel's weights are fours of int8 in one word; a byte for each says how many fours of inputs to pass
 *   over before it. 15 instructions for its 16 products.
 * stream: for each channel its record (sparse_turns.h), with a shift of 5. */
#ifndef EDGEML_SPARSE_DSP_S8_H
#define EDGEML_SPARSE_DSP_S8_H

#include <stdint.h>

#include "compiler.h"
#include "dsp.h"
#include "rescale.h"
#include "sparse_turns.h"

#if EDGEML_DSP && defined(__thumb2__) && defined(__GNUC__)
#define EDGEML_SPARSE_ASM 1
#else
#define EDGEML_SPARSE_ASM 0
#endif

enum { EDGEML_SPARSE_SHIFT = 5 };

/* What is left to do; the order is that of the registers in which the assembly takes it. */
typedef struct {
  const int32_t *stream;
  const uint8_t *steps;
  int8_t *y;
  int32_t channels, three_channels; /* from a pixel of y to the next */
  const int32_t *stream_end;
  const uint32_t *x;
  int32_t sums[4]; /* of a channel without an integer form */
} edgeml_sparse;

static inline int8_t edgeml_sparse_output(int32_t sum, const int32_t *form, const edgeml_scale *scales,
                                          int32_t zero_point) {
  const edgeml_rescale rescale = {form[0], form[1]};
  return (int8_t)edgeml_rescale_or_requantize(sum, rescale, EDGEML_SPARSE_SHIFT, scales, zero_point, -128, 127);
}

/* All channels of one pixel; `x` is its word in the first group. */
EDGEML_NOINLINE static void edgeml_sparse_pixel(edgeml_sparse s, const uint32_t *x, const edgeml_scale *scales,
                                                int32_t zero_point) {
  while (s.stream != s.stream_end) {
    const uint32_t *four = x;
    int32_t sum = s.stream[1];
    const int32_t *const end = s.stream + 2 + edgeml_sparse_fours(s.stream[0]);
    for (s.stream += 2; s.stream != end; four += 8) {
      const uint32_t w = (uint32_t)*s.stream++;
      four += 8 * *s.steps++;
      sum = edgeml_smlad(four[0], edgeml_sxtb16(w), sum);
      sum = edgeml_smlad(four[4], edgeml_sxtb16_odd(w), sum);
    }
    *s.y++ = edgeml_sparse_output(sum, s.stream, scales, zero_point);
    s.stream += 2;
  }
}

#if EDGEML_SPARSE_ASM
/* r0 x, r1 stream, r2 steps, r3 turns, r4..r7 sums, r8..r11 x, r12 weights, lr even weights. */
#define EDGEML_SPARSE_FOUR_BYTES "60"
#define EDGEML_SPARSE_FOUR                                  \
  "ldrb.w r12, [r2], #1\n add.w r0, r0, r12, lsl #5\n"      \
  "ldr.w r12, [r1], #4\n ldmia.w r0!, {r8-r11}\n"           \
  "sxtb16 lr, r12\n sxtb16 r12, r12, ror #8\n"              \
  "smlad r4, r8, lr, r4\n smlad r5, r9, lr, r5\n"           \
  "smlad r6, r10, lr, r6\n smlad r7, r11, lr, r7\n"         \
  "ldmia.w r0!, {r8-r11}\n"                                 \
  "smlad r4, r8, r12, r4\n smlad r5, r9, r12, r5\n"         \
  "smlad r6, r10, r12, r6\n smlad r7, r11, r12, r7\n"

/* Four pixels, from a channel on. Not 0 after one without an integer form: its sums are in `sums`, its y is to come. */
__attribute__((naked, noinline)) static int32_t edgeml_sparse_channels(
    __attribute__((unused)) edgeml_sparse *sparse) {
  __asm__(
      ".syntax unified\n"
      "push {r0, r4-r11, lr}\n"
      "ldm r0, {r1-r7}\n"
      "push {r3-r7}\n" /* y, channels, three_channels, end, x, sparse */
      "2:\n"
      "ldr r0, [sp, #16]\n"
      "ldm r1!, {r3, r4}\n"
      "adr.w r12, 3f\n"
      "mov.w lr, #" EDGEML_SPARSE_FOUR_BYTES "\n"
      "smlabb r12, r3, lr, r12\n"
      "mov r5, r4\n"
      "mov r6, r4\n"
      "mov r7, r4\n"
      "mov pc, r12\n"
      ".balign 4\n"
      "3:\n"
      ".rept 8\n" EDGEML_SPARSE_FOUR ".endr\n"
      "subs.w r3, r3, #65536\n"
      "bpl.w 3b\n"
      "ldm r1!, {r0, r3}\n"
      "cbz r0, 4f\n"
      "smmla r4, r4, r0, r3\n"
      "smmla r5, r5, r0, r3\n"
      "smmla r6, r6, r0, r3\n"
      "smmla r7, r7, r0, r3\n"
      "ldm sp, {r0, r3, r12, lr}\n"
      ".irp r, r4, r5, r6, r7\n ssat \\r, #8, \\r, asr #5\n .endr\n"
      "strb.w r7, [r0, r12]\n"
      "strb.w r6, [r0, r3, lsl #1]\n"
      "strb r5, [r0, r3]\n"
      "strb r4, [r0], #1\n"
      "str r0, [sp]\n"
      "cmp r1, lr\n"
      "bne.w 2b\n"
      "movs r0, #0\n"
      "5:\n"
      "add sp, #24\n"
      "pop {r4-r11, pc}\n"
      "4:\n"
      "ldr r0, [sp, #20]\n"
      "ldr r3, [sp]\n"
      "stm r0!, {r1, r2, r3}\n"
      "add r0, #16\n"
      "stm r0, {r4-r7}\n"
      "movs r0, #1\n"
      "b 5b\n");
}
#endif

/* The first `pixels` (1..4) of four to s.y. */
static void edgeml_sparse_run(edgeml_sparse s, int32_t pixels, const edgeml_scale *scales, int32_t zero_point) {
#if EDGEML_SPARSE_ASM
  if (pixels == 4) {
    while (s.stream != s.stream_end && edgeml_sparse_channels(&s) != 0) {
      for (int32_t i = 0; i < 4; ++i)
        s.y[i * s.channels] = edgeml_sparse_output(s.sums[i], s.stream - 2, scales, zero_point);
      ++s.y;
    }
    return;
  }
#endif
  for (int32_t i = 0; i < pixels; ++i, s.y += s.channels) edgeml_sparse_pixel(s, s.x + i, scales, zero_point);
}

#endif
