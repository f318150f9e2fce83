/* Four pixels by all output channels, where a channel has few weights far apart: the core of conv_2d_single_sparse_dsp_s8.
 *
 * x: as in block_dsp_s8.h: groups of four words, a word for each of pixels 0..3, which holds two inputs.
 * stream: for each channel
 *   turns for inputs in the lower half of a word, then for those in the upper half (sparse_turns.h, weights for fours)
 *   start: bias less input zero point times sum of weights
 *   multiplier, addend (rescale.h) with a shift of 5; or 0 and a place in the list of scales.
 * weights: for each weight that is not zero, those in lower halves first, two bytes: how many groups lie between it and
 *   the one before, or the first group, and the weight. 8 instructions for its 4 products. */
#ifndef EDGEML_SINGLE_DSP_S8_H
#define EDGEML_SINGLE_DSP_S8_H

#include <stdint.h>

#include "compiler.h"
#include "dsp.h"
#include "rescale.h"
#include "sparse_turns.h"

#if EDGEML_DSP && defined(__thumb2__) && defined(__GNUC__)
#define EDGEML_SINGLE_ASM 1
#else
#define EDGEML_SINGLE_ASM 0
#endif

enum { EDGEML_SINGLE_SHIFT = 5, EDGEML_SINGLE_RECORD = 5 };

/* What is left to do; the order is that of the registers in which the assembly takes it. */
typedef struct {
  const int32_t *stream;
  const int8_t *weights;
  int8_t *y;
  int32_t channels, three_channels; /* from a pixel of y to the next */
  const int32_t *stream_end;
  const uint32_t *x;
  int32_t sums[4]; /* of a channel without an integer form */
} edgeml_single;

static inline int8_t edgeml_single_output(int32_t sum, const int32_t *form, const edgeml_scale *scales,
                                          int32_t zero_point) {
  const edgeml_rescale rescale = {form[0], form[1]};
  return (int8_t)edgeml_rescale_or_requantize(sum, rescale, EDGEML_SINGLE_SHIFT, scales, zero_point, -128, 127);
}

/* All channels of one pixel; `x` is its word in the first group. */
EDGEML_NOINLINE static void edgeml_single_pixel(edgeml_single s, const uint32_t *x, const edgeml_scale *scales,
                                                int32_t zero_point) {
  for (; s.stream != s.stream_end; s.stream += EDGEML_SINGLE_RECORD) {
    int32_t sum = s.stream[2];
    for (int32_t half = 0; half < 2; ++half) {
      const uint32_t *group = x;
      for (int32_t left = edgeml_sparse_fours(s.stream[half]); left > 0; --left, group += 4, s.weights += 2) {
        group += 4 * (uint8_t)s.weights[0];
        sum = edgeml_wrap_add(sum, (half == 0 ? edgeml_low(*group) : edgeml_high(*group)) * s.weights[1]);
      }
    }
    *s.y++ = edgeml_single_output(sum, s.stream + 3, scales, zero_point);
  }
}

#if EDGEML_SINGLE_ASM
/* r0 x, r1 stream, r2 weights, r3 turns, r4..r7 sums, r8..r11 x, r12 weight, lr step. */
#define EDGEML_SINGLE_BYTES "32"
#define EDGEML_SINGLE_WEIGHT(half)                            \
  "ldrb.w lr, [r2], #1\n add.w r0, r0, lr, lsl #4\n"          \
  "ldrsb.w r12, [r2], #1\n ldmia.w r0!, {r8-r11}\n"           \
  "smla" half "b r4, r8, r12, r4\n smla" half "b r5, r9, r12, r5\n" \
  "smla" half "b r6, r10, r12, r6\n smla" half "b r7, r11, r12, r7\n"
#define EDGEML_SINGLE_LOOP(label, half)                       \
  "adr.w r12, " label "f\n"                                   \
  "mov.w lr, #" EDGEML_SINGLE_BYTES "\n"                      \
  "smlabb r12, r3, lr, r12\n"                                 \
  "mov pc, r12\n"                                             \
  ".balign 4\n" label ":\n"                                   \
  ".rept 8\n" EDGEML_SINGLE_WEIGHT(half) ".endr\n"            \
  "subs.w r3, r3, #65536\n"                                   \
  "bpl.w " label "b\n"

/* Four pixels, from a channel on. Not 0 after one without an integer form: its sums are in `sums`, its y is to come. */
__attribute__((naked, noinline)) static int32_t edgeml_single_channels(__attribute__((unused)) edgeml_single *single) {
  __asm__(
      ".syntax unified\n"
      "push {r0, r4-r11, lr}\n"
      "ldm r0, {r1-r7}\n"
      "push {r3-r7}\n" /* y, channels, three_channels, end, x, single */
      "2:\n"
      "ldr r0, [sp, #16]\n"
      "ldr r4, [r1, #8]\n"
      "ldr r3, [r1], #4\n"
      "mov r5, r4\n"
      "mov r6, r4\n"
      "mov r7, r4\n"
      EDGEML_SINGLE_LOOP("3", "b")
      "ldr r0, [sp, #16]\n"
      "ldr r3, [r1], #8\n"
      EDGEML_SINGLE_LOOP("6", "t")
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
static void edgeml_single_run(edgeml_single s, int32_t pixels, const edgeml_scale *scales, int32_t zero_point) {
#if EDGEML_SINGLE_ASM
  if (pixels == 4) {
    while (s.stream != s.stream_end && edgeml_single_channels(&s) != 0) {
      for (int32_t i = 0; i < 4; ++i)
        s.y[i * s.channels] = edgeml_single_output(s.sums[i], s.stream - 2, scales, zero_point);
      ++s.y;
    }
    return;
  }
#endif
  for (int32_t i = 0; i < pixels; ++i, s.y += s.channels) edgeml_single_pixel(s, s.x + i, scales, zero_point);
}

#endif
