/* Sums of pixel pairs over windows that are read three words at a time. */
#ifndef EDGEML_TAP_TRIPLES_H
#define EDGEML_TAP_TRIPLES_H

#include <stdint.h>

#include "pixel_pairs.h"

/* A window of `count`, 1..6, times three weights and the bytes from behind their words of x to the first word of the next
 * three; the last of them lead to the next output. */
typedef struct {
  int32_t count, words[24];
} edgeml_triples;

#if EDGEML_THUMB1_ASM || EDGEML_THUMB2_ASM
typedef struct {
  int32_t width, rows, skip, end; /* bytes of a row's sums; rows left; bytes from a row to the next; working memory */
} edgeml_triple_run;

void edgeml_triple_rows_asm(int32_t *sums, const uint32_t *plane, const edgeml_triples *taps, edgeml_triple_run *run);
#endif

#if EDGEML_THUMB1_ASM
/* clang-format off */
/* 13 instructions, 26 bytes: r1 = where in the plane, r2 = in the taps; total r8, upper halves r10, r12 = 0x8000 */
#define EDGEML_TRIPLE \
  "ldmia r2!, {r5, r6, r7}\n\t ldmia r1!, {r0, r3, r4}\n\t muls r5, r0, r5\n\t muls r6, r3, r6\n\t muls r7, r4, r7\n\t" \
  "adds r5, r5, r6\n\t adds r5, r5, r7\n\t add r8, r5\n\t add r5, r12\n\t asrs r5, r5, #16\n\t add r10, r5\n\t" \
  "ldmia r2!, {r0}\n\t adds r1, r1, r0\n\t"

__asm__(".pushsection .text.edgeml_triple_rows_asm,\"ax\",%progbits\n\t .syntax unified\n\t .thumb\n\t .balign 4\n\t"
        ".thumb_func\n\t .type edgeml_triple_rows_asm, %function\n"
        "edgeml_triple_rows_asm:\n\t push {r4, r5, r6, r7, lr}\n\t"
        "mov r4, r8\n\t mov r5, r9\n\t mov r6, r10\n\t mov r7, r11\n\t push {r3, r4, r5, r6, r7}\n\t"
        "ldmia r2!, {r4}\n\t mov r9, r2\n\t adr r5, 12f\n\t movs r6, #6\n\t subs r6, r6, r4\n\t movs r7, #26\n\t"
        "muls r6, r7, r6\n\t adds r5, r5, r6\n\t adds r5, #1\n\t mov r11, r5\n\t"
        "movs r4, #128\n\t lsls r4, r4, #8\n\t mov r12, r4\n\t mov lr, r0\n"
        "10:\n\t" /* a row */
        "ldr r3, [sp]\n\t ldr r4, [r3]\n\t add r4, lr\n\t str r4, [r3, #12]\n"
        "11:\n\t" /* an output */
        "movs r3, #0\n\t mov r8, r3\n\t mov r10, r3\n\t mov r2, r9\n\t bx r11\n\t .balign 4\n"
        "12:\n\t .rept 6\n\t" EDGEML_TRIPLE "\n\t .endr\n\t"
        "mov r3, r8\n\t mov r4, r10\n\t lsls r5, r4, #16\n\t subs r3, r3, r5\n\t mov r5, lr\n\t stmia r5!, {r3, r4}\n\t"
        "mov lr, r5\n\t ldr r6, [sp]\n\t ldr r7, [r6, #12]\n\t cmp r5, r7\n\t bne 11b\n\t"
        "ldr r7, [r6, #8]\n\t adds r1, r1, r7\n\t ldr r7, [r6, #4]\n\t subs r7, #1\n\t str r7, [r6, #4]\n\t bne 10b\n\t"
        "pop {r3, r4, r5, r6, r7}\n\t mov r8, r4\n\t mov r9, r5\n\t mov r10, r6\n\t mov r11, r7\n\t"
        "pop {r4, r5, r6, r7, pc}\n\t .size edgeml_triple_rows_asm, . - edgeml_triple_rows_asm\n\t .popsection\n");
/* clang-format on */
#elif EDGEML_THUMB2_ASM
/* clang-format off */
/* 12 instructions for three weights, 7 for two outputs */
__asm__(".pushsection .text.edgeml_triple_rows_asm,\"ax\",%progbits\n\t .syntax unified\n\t .thumb\n\t .balign 4\n\t"
        ".thumb_func\n\t .type edgeml_triple_rows_asm, %function\n"
        "edgeml_triple_rows_asm:\n\t push {r4, r5, r6, r7, r8, r9, r10, r11, lr}\n\t"
        "ldr r4, [r2], #4\n\t add r12, r2, r4, lsl #4\n\t mov lr, r0\n\t push {r2, r3}\n"
        "1:\n\t ldr r3, [sp, #4]\n\t ldr r3, [r3]\n\t add r3, r3, lr\n" /* a row; r3 = the end of its sums */
        "2:\n\t ldr r2, [sp]\n\t mov r10, #0\n\t mov r11, #0\n"          /* an output */
        "3:\n\t ldmia r2!, {r4, r5, r6}\n\t ldmia r1!, {r7, r8, r9}\n\t mul r4, r7, r4\n\t mla r4, r8, r5, r4\n\t"
        "mla r4, r9, r6, r4\n\t add r10, r10, r4\n\t add r4, r4, #0x8000\n\t add r11, r11, r4, asr #16\n\t"
        "ldr r0, [r2], #4\n\t add r1, r1, r0\n\t cmp r2, r12\n\t bne 3b\n\t"
        "sub r10, r10, r11, lsl #16\n\t strd r10, r11, [lr], #8\n\t cmp lr, r3\n\t bne 2b\n\t"
        "ldr r4, [sp, #4]\n\t ldrd r5, r6, [r4, #4]\n\t add r1, r1, r6\n\t subs r5, r5, #1\n\t str r5, [r4, #4]\n\t"
        "bne 1b\n\t add sp, sp, #8\n\t pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}\n\t"
        ".size edgeml_triple_rows_asm, . - edgeml_triple_rows_asm\n\t .popsection\n");
/* clang-format on */
#endif

/* Two sums, of the lower and of the upper halves, for each of `width` outputs in `rows`; `skip` words lead from behind a row's last output to the next row's first. */
static inline void edgeml_triple_rows(int32_t *sums, const uint32_t *plane, const edgeml_triples *taps, int32_t width,
                                      int32_t rows, int32_t skip) {
#if EDGEML_THUMB1_ASM || EDGEML_THUMB2_ASM
  edgeml_triple_run run = {8 * width, rows, 4 * skip, 0};
  edgeml_triple_rows_asm(sums, plane, taps, &run);
#else
  const int32_t *const end = taps->words + 4 * taps->count;
  int32_t at = 0;
  for (; rows > 0; --rows, at += skip) {
    for (int32_t i = width; i > 0; --i, sums += 2) {
      uint32_t total = 0, upper = 0;
      for (const int32_t *t = taps->words; t != end; t += 4) {
        const uint32_t *const x = plane + at;
        const uint32_t p = x[0] * (uint32_t)t[0] + x[1] * (uint32_t)t[1] + x[2] * (uint32_t)t[2];
        total += p;
        upper += (uint32_t)((int32_t)(p + 0x8000u) >> 16);
        at += 3 + (t[3] >> 2);
      }
      sums[0] = edgeml_lower_sum(total, upper);
      sums[1] = (int32_t)upper;
    }
  }
#endif
}

#endif
