/* The body of the fully_connected_dsp kernels, with EDGEML_WIDE and EDGEML_NIBBLES as in block_dsp_s8.h: four channels by four
 * inputs a turn. */
#ifndef EDGEML_FULLY_CONNECTED_DSP_H
#define EDGEML_FULLY_CONNECTED_DSP_H

#include "compiler.h"
#include "dsp.h"
#include "expand_row_dsp_s8.h"
#include "fully_connected_dsp_s8.h"
#include "nibbles_dsp.h"
#include "pair_dsp_s8.h"

#if EDGEML_DSP && defined(__thumb2__) && defined(__GNUC__)
#define EDGEML_QUAD_ASM 1
#else
#define EDGEML_QUAD_ASM 0
#endif

#if EDGEML_NIBBLES
enum { EDGEML_QUAD_WORDS = 2 /* of weights, for four inputs */ };

/* Behind the row: 8 and 128 times the sum of its inputs. */
static void edgeml_row_sums(const uint32_t *x, uint32_t *end) {
  int32_t sum = 0;
  for (; x != end; x += 2) sum = edgeml_smlad(x[1], 0x00010001u, edgeml_smlad(x[0], 0x00010001u, sum));
  end[0] = (uint32_t)sum << 3;
  end[1] = (uint32_t)sum << 7;
}

/* `count` (1..4) channels of the expanded row `x`. */
EDGEML_NOINLINE static void edgeml_quad(const edgeml_fully_connected_dsp_s8_params *p, const uint32_t *x,
                                        const int32_t *stream, const int32_t *factors, int32_t count, int8_t *y) {
  int32_t sums[4] = {stream[0], stream[1], stream[2], stream[3]};
  stream += 4;
  for (int32_t k = p->input_size; k > 0; k -= 4, x += 2)
    for (int32_t i = 0; i < 4; i += 2) {
      const uint32_t word = (uint32_t)*stream++;
      const uint32_t v = edgeml_nibble_pair(word, 0), w = edgeml_nibble_pair(word, 1);
      sums[i] = edgeml_smlad(x[1], edgeml_low_nibbles(w), edgeml_smlad(x[0], edgeml_low_nibbles(v), sums[i]));
      sums[i + 1] = edgeml_smlad(x[1], w, edgeml_smlad(x[0], v, sums[i + 1]));
    }
  for (int32_t i = 0; i < count; ++i) {
    int32_t sum = sums[i];
    if ((i & 1) != 0) sum = edgeml_wrap_sub(sum, sums[i - 1]);
    sum = edgeml_wrap_sub(sum, (int32_t)x[i & 1]);
    y[i] = edgeml_pair_output(sum, factors + 2 * (i & 2), i & 1, p->shift, p->output_zero_point);
  }
}
#else
enum { EDGEML_QUAD_WORDS = 4 };

static inline int32_t edgeml_odd(uint32_t words) { return (int32_t)(EDGEML_WIDE ? edgeml_sxtb16_odd(words) : words); }

/* `count` (1..4) channels of the expanded row `x`. */
EDGEML_NOINLINE static void edgeml_quad(const edgeml_fully_connected_dsp_s8_params *p, const uint32_t *x,
                                        const int32_t *stream, const int32_t *factors, int32_t count, int8_t *y) {
  int32_t sums[4] = {stream[0], stream[1], stream[2], stream[3]};
  stream += 4;
  for (int32_t k = p->input_size; k > 0; k -= 4, x += 2, stream += 4)
    for (int32_t i = 0; i < 4; ++i) {
      const uint32_t words = (uint32_t)stream[i], pair = x[i & 1];
      int32_t *const sum = sums + (i & 2);
      sum[0] = edgeml_smlad(pair, edgeml_sxtb16(words), sum[0]);
      sum[1] = edgeml_smlad(pair, (uint32_t)edgeml_odd(words), sum[1]);
    }
  for (int32_t i = 0; i < count; ++i) {
    int32_t sum = sums[i];
    if (!EDGEML_WIDE && (i & 1) != 0) sum = (int32_t)((uint32_t)sum - (uint32_t)sums[i - 1]);
    y[i] = edgeml_pair_output(sum, factors + 2 * (i & 2), i & 1, p->shift, p->output_zero_point);
  }
}
#endif

#if EDGEML_QUAD_ASM
/* r0 x, r1 stream, r2 and r3 x, r4..r7 weights, r8..r11 channels, r12 at work, lr end of x. */
#if EDGEML_NIBBLES
#define EDGEML_FOUR_BYTES 68
#define EDGEML_PAIR_OF(word, other, even, odd)                                                    \
  "uxtb16 " other ", " word "\n uxtb16 " word ", " word ", ror #8\n"                              \
  "smlad " odd ", r2, " other ", " odd "\n smlad " odd ", r3, " word ", " odd "\n"                \
  "and " other ", " other ", #0x000f000f\n and " word ", " word ", #0x000f000f\n"                 \
  "smlad " even ", r2, " other ", " even "\n smlad " even ", r3, " word ", " even "\n"
#define EDGEML_FOUR                                     \
  "ldmia.n r1!, {r4, r6}\n ldmia.n r0!, {r2, r3}\n"     \
  EDGEML_PAIR_OF("r4", "r5", "r8", "r9") EDGEML_PAIR_OF("r6", "r7", "r10", "r11")
#define EDGEML_ADD_SHIFT "adds r3, r2, #4\n"
#define EDGEML_QUAD_PART                                                \
  "ldrd r2, r3, [r0]\n sub r9, r9, r8\n sub r11, r11, r10\n"           \
  "sub r8, r8, r2\n sub r10, r10, r2\n sub r9, r9, r3\n sub r11, r11, r3\n"
#elif EDGEML_WIDE
#define EDGEML_FOUR_BYTES 68
#define EDGEML_FOUR                                                                              \
  "ldmia.n r1!, {r4-r7}\n ldmia.n r0!, {r2, r3}\n"                                               \
  "sxtb16 r12, r4\n smlad r8, r2, r12, r8\n sxtb16 r4, r4, ror #8\n smlad r9, r2, r4, r9\n"      \
  "sxtb16 r12, r5\n smlad r8, r3, r12, r8\n sxtb16 r5, r5, ror #8\n smlad r9, r3, r5, r9\n"      \
  "sxtb16 r12, r6\n smlad r10, r2, r12, r10\n sxtb16 r6, r6, ror #8\n smlad r11, r2, r6, r11\n"  \
  "sxtb16 r12, r7\n smlad r10, r3, r12, r10\n sxtb16 r7, r7, ror #8\n smlad r11, r3, r7, r11\n"
#define EDGEML_QUAD_PART ""
#define EDGEML_ADD_SHIFT "mov r3, r2\n"
#else
#define EDGEML_FOUR_BYTES 52
#define EDGEML_FOUR                                                          \
  "ldmia.n r1!, {r4-r7}\n ldmia.n r0!, {r2, r3}\n"                           \
  "smlad r9, r2, r4, r9\n smlad r11, r2, r6, r11\n"                          \
  "smlad r9, r3, r5, r9\n smlad r11, r3, r7, r11\n"                          \
  "sxtb16 r4, r4\n sxtb16 r5, r5\n sxtb16 r6, r6\n sxtb16 r7, r7\n"          \
  "smlad r8, r2, r4, r8\n smlad r10, r2, r6, r10\n"                          \
  "smlad r8, r3, r5, r8\n smlad r10, r3, r7, r10\n"
#define EDGEML_ADD_SHIFT "adds r3, r2, #8\n"
#define EDGEML_QUAD_PART "sub r9, r9, r8\n sub r11, r11, r10\n"
#endif

/* Four channels without multipliers; label 7 stores the next y, r0. */
#if defined(__ARM_FP) && !EDGEML_NUMERICS_TFLM
#define EDGEML_SLOW                                                                       \
  "vmov s0, s1, r4, r5\n"                                                                 \
  "vmov s2, s3, r12, lr\n"                                                                \
  "vmov s4, s5, r8, r9\n"                                                                 \
  "vmov s6, s7, r10, r11\n"                                                               \
  ".irp v, s4, s5, s6, s7\n vcvt.f32.s32 \\v, \\v\n .endr\n"                            \
  "vmul.f32 s4, s4, s0\n vmul.f32 s5, s5, s1\n vmul.f32 s6, s6, s2\n vmul.f32 s7, s7, s3\n" \
  ".irp v, s4, s5, s6, s7\n vcvtr.s32.f32 \\v, \\v\n .endr\n"                           \
  "vmov r8, r9, s4, s5\n"                                                                 \
  "vmov r10, r11, s6, s7\n"                                                               \
  "ldr r0, [sp, #48]\n"                                                                   \
  "ldr r2, [sp, #56]\n"                                                                   \
  ".irp r, r8, r9, r10, r11\n"                                                            \
  "qadd \\r, \\r, r2\n ssat \\r, #8, \\r\n strb \\r, [r0], #1\n .endr\n"               \
  "b.w 7b\n"
#else
/* Four channels without multipliers, whose sums are in `sums`. */
__attribute__((used, noinline)) static void edgeml_quad_slow(const int32_t *sums, const int32_t *factors,
                                                             int32_t zero_point, int8_t *y) {
  for (int32_t i = 0; i < 4; ++i) y[i] = edgeml_pair_scale(sums[i], factors + 2 * (i & 2), i & 1, zero_point);
}

#define EDGEML_SLOW        \
  "mov r4, r1\n"           \
  "push {r8-r11}\n"        \
  "mov r1, r0\n"           \
  "mov r0, sp\n"           \
  "ldr r2, [sp, #72]\n"    \
  "ldr r3, [sp, #64]\n"    \
  "bl edgeml_quad_slow\n"  \
  "mov r1, r4\n"           \
  "add sp, #16\n"          \
  "ldr r0, [sp, #48]\n"    \
  "adds r0, #4\n"          \
  "b.w 7b\n"
#endif

enum { EDGEML_FOURS = 8 };

/* All whole four channels, from `stream` on to `end`; x to x_end is the expanded row, and `skip` says where in the
 * unrolled loop to begin, in bytes. What lies on the stack is used there. */
__attribute__((naked, noinline)) static void edgeml_quads(
    __attribute__((unused)) const int32_t *stream, __attribute__((unused)) const uint32_t *x,
    __attribute__((unused)) int32_t skip, __attribute__((unused)) const uint32_t *x_end,
    __attribute__((unused)) int8_t *y, __attribute__((unused)) int32_t shift,
    __attribute__((unused)) int32_t zero_point, __attribute__((unused)) const int32_t *end,
    __attribute__((unused)) const int32_t *factors, __attribute__((unused)) int32_t factors_bytes) {
  __asm__(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "adr.w r12, 3f\n"
      "add r2, r2, r12\n"
      "orr r2, r2, #1\n"
      /* x, first turn, end of x; at 48: y, shift, zero point, end, factors, their step */
      "push {r1-r3}\n"
      "mov r1, r0\n"
      "2:\n"
      "ldr r0, [sp]\n"
      "ldr lr, [sp, #8]\n"
      "ldm r1!, {r8-r11}\n"
      "ldr pc, [sp, #4]\n"
      "3:\n"
      ".rept 8\n" EDGEML_FOUR ".endr\n"
      "cmp r0, lr\n"
      "bne.w 3b\n" EDGEML_QUAD_PART
      "ldrd r0, r2, [sp, #64]\n"
      "add r3, r0, r2\n"
      "str r3, [sp, #64]\n"
      "ldm r0, {r2-r7, r12, lr}\n"
      "cbz r2, 4f\n"
      "smmla r8, r8, r2, r3\n"
      "smmla r9, r9, r4, r5\n"
      "smmla r10, r10, r6, r7\n"
      "smmla r11, r11, r12, lr\n"
      "ldrd r0, r2, [sp, #48]\n"
      EDGEML_ADD_SHIFT
      "asr.w r8, r8, r2\n"
      "asr.w r9, r9, r3\n"
      "asr.w r10, r10, r2\n"
      "asr.w r11, r11, r3\n"
      ".irp r, r8, r9, r10, r11\n"
      "ssat \\r, #8, \\r\n"
      "strb \\r, [r0], #1\n"
      ".endr\n"
      "7:\n"
      "str r0, [sp, #48]\n"
      "ldr r2, [sp, #60]\n"
      "cmp r1, r2\n"
      "bne.w 2b\n"
      "add sp, #12\n"
      "pop {r4-r11, pc}\n"
      "4:\n" EDGEML_SLOW);
}
#endif

static void edgeml_fully_connected_dsp(const edgeml_fully_connected_dsp_s8_params *p, const int8_t *x,
                                       const int32_t *stream, const int32_t *factors, void *scratch, int8_t *y) {
  const int32_t fours = (p->input_size + 3) >> 2, quads = p->output_size >> 2, left = p->output_size & 3;
  const int32_t *const end = stream + quads * (EDGEML_QUAD_WORDS * fours + 4);
  const uint32_t *const row = scratch;
  for (int32_t n = p->batches; n > 0; --n, x += p->input_size, y += p->output_size) {
    edgeml_expand_row(x, p->input_size, scratch);
#if EDGEML_NIBBLES
    edgeml_row_sums(row, (uint32_t *)scratch + 2 * fours);
#endif
#if EDGEML_QUAD_ASM
    if (quads > 0)
      edgeml_quads(stream, row, (int32_t)((uint32_t)-fours % EDGEML_FOURS) * EDGEML_FOUR_BYTES, row + 2 * fours, y,
                   p->shift, p->output_zero_point, end, factors, (int32_t)sizeof(int32_t) * p->factors_step);
#else
    for (int32_t i = 0; i < quads; ++i)
      edgeml_quad(p, row, stream + i * (EDGEML_QUAD_WORDS * fours + 4), factors + i * p->factors_step, 4, y + 4 * i);
#endif
    if (left > 0) edgeml_quad(p, row, end, factors + quads * p->factors_step, left, y + 4 * quads);
    edgeml_clamp_all(y, p->output_size, p->activation_min, p->activation_max);
  }
}

#endif
