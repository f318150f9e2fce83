/* Sums over weights of which only fours that are not all zeros are kept, two pixels in one multiplication (pixel_pairs.h).
 *
 * A four is five bytes: how many fours of inputs lie between its place and that behind the four before it (-1: the same
 * place again), and four weights, whose sum of |w|, times 128, stays within int16. */
#ifndef EDGEML_SPARSE_PAIRS_H
#define EDGEML_SPARSE_PAIRS_H

#include <stdint.h>

#include "compiler.h"
#include "pixel_pairs.h"

enum { EDGEML_FOUR_SIZE = 5 };

#if EDGEML_THUMB1_ASM || EDGEML_THUMB2_ASM
/* The sums of `size` bytes of fours w, for the pairs of pixels x. */
void edgeml_sparse_sums(edgeml_four_sums *sums, const uint32_t *x, const int8_t *w, int32_t size);
#endif
/* clang-format off */
#if EDGEML_THUMB1_ASM
/* r0 x, r1 w, r2 byte of w, r4, r5 products; r6, r7 pairs, their totals r8, r10 and upper halves r9, r11; r12 0x8000,
 * lr size. 43 instructions for 16 products. */
#define EDGEML_SPARSE_LOAD "ldrsb r3, [r1, r2]\n\t adds r2, #1\n\t ldmia r0!, {r4, r5}\n\t muls r4, r3, r4\n\t muls r5, r3, r5\n\t"
__asm__(".pushsection .text.edgeml_sparse_sums,\"ax\",%progbits\n\t .syntax unified\n\t .thumb\n\t .balign 4\n\t .thumb_func\n\t"
        ".type edgeml_sparse_sums, %function\n"
        "edgeml_sparse_sums:\n\t push {r0, r4, r5, r6, r7, lr}\n\t mov r4, r8\n\t mov r5, r9\n\t mov r6, r10\n\t mov r7, r11\n\t"
        "push {r4, r5, r6, r7}\n\t mov lr, r3\n\t movs r0, r1\n\t movs r1, r2\n\t movs r2, #0\n\t"
        "mov r8, r2\n\t mov r9, r2\n\t mov r10, r2\n\t mov r11, r2\n\t movs r4, #128\n\t lsls r4, r4, #8\n\t mov r12, r4\n\t"
        "cmp r3, #0\n\t beq 2f\n"
        "1:\n\t ldrsb r3, [r1, r2]\n\t adds r2, #1\n\t lsls r3, r3, #5\n\t adds r0, r0, r3\n\t"
        EDGEML_SPARSE_LOAD "mov r6, r4\n\t mov r7, r5\n\t"
        ".rept 3\n\t" EDGEML_SPARSE_LOAD "adds r6, r6, r4\n\t adds r7, r7, r5\n\t .endr\n\t"
        "add r8, r6\n\t add r6, r12\n\t asrs r6, r6, #16\n\t add r9, r6\n\t"
        "add r10, r7\n\t add r7, r12\n\t asrs r7, r7, #16\n\t add r11, r7\n\t cmp r2, lr\n\t bne 1b\n"
        "2:\n\t ldr r0, [sp, #16]\n\t mov r4, r9\n\t lsls r1, r4, #16\n\t mov r5, r8\n\t subs r5, r5, r1\n\t"
        "mov r6, r11\n\t lsls r1, r6, #16\n\t mov r7, r10\n\t subs r7, r7, r1\n\t stmia r0!, {r4, r5, r6, r7}\n\t"
        "pop {r4, r5, r6, r7}\n\t mov r8, r4\n\t mov r9, r5\n\t mov r10, r6\n\t mov r11, r7\n\t"
        "pop {r0, r4, r5, r6, r7, pc}\n\t .size edgeml_sparse_sums, . - edgeml_sparse_sums\n\t .popsection\n");
#elif EDGEML_THUMB2_ASM
/* r1 x, r2 w, r3 its end; pairs r8, r9, their totals r10, r12 and upper halves r11, lr. 24 instructions for 16 products. */
__asm__(".pushsection .text.edgeml_sparse_sums,\"ax\",%progbits\n\t .syntax unified\n\t .thumb\n\t .balign 4\n\t .thumb_func\n\t"
        ".type edgeml_sparse_sums, %function\n"
        "edgeml_sparse_sums:\n\t push {r0, r4, r5, r6, r7, r8, r9, r10, r11, lr}\n\t add r3, r3, r2\n\t"
        "mov r10, #0\n\t mov r11, #0\n\t mov r12, #0\n\t mov lr, #0\n\t cmp r2, r3\n\t beq 2f\n"
        "1:\n\t ldrsb r0, [r2], #1\n\t add r1, r1, r0, lsl #5\n\t"
        "ldrsb r0, [r2], #1\n\t ldmia r1!, {r4, r5, r6, r7}\n\t mul r8, r4, r0\n\t mul r9, r5, r0\n\t"
        "ldrsb r0, [r2], #1\n\t mla r8, r6, r0, r8\n\t mla r9, r7, r0, r9\n\t"
        "ldrsb r0, [r2], #1\n\t ldmia r1!, {r4, r5, r6, r7}\n\t mla r8, r4, r0, r8\n\t mla r9, r5, r0, r9\n\t"
        "ldrsb r0, [r2], #1\n\t mla r8, r6, r0, r8\n\t mla r9, r7, r0, r9\n\t"
        "add r10, r10, r8\n\t add r8, r8, #0x8000\n\t add r11, r11, r8, asr #16\n\t"
        "add r12, r12, r9\n\t add r9, r9, #0x8000\n\t add lr, lr, r9, asr #16\n\t cmp r2, r3\n\t bne 1b\n"
        "2:\n\t pop {r0}\n\t sub r10, r10, r11, lsl #16\n\t sub r12, r12, lr, lsl #16\n\t"
        "strd r11, r10, [r0]\n\t strd lr, r12, [r0, #8]\n\t pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}\n\t"
        ".size edgeml_sparse_sums, . - edgeml_sparse_sums\n\t .popsection\n");
/* clang-format on */
#else
static inline void edgeml_sparse_sums(edgeml_four_sums *sums, const uint32_t *x, const int8_t *w, int32_t size) {
  uint32_t t0 = 0, h0 = 0, t1 = 0, h1 = 0;
  for (const int8_t *const end = w + size; w != end; x += 8) {
    uint32_t p = 0, q = 0;
    x += 8 * *w++;
    for (int32_t i = 0; i < 8; i += 2) {
      const uint32_t v = (uint32_t)(int32_t)*w++;
      p += x[i] * v;
      q += x[i + 1] * v;
    }
    t0 += p;
    t1 += q;
    h0 += (uint32_t)((int32_t)(p + 0x8000u) >> 16);
    h1 += (uint32_t)((int32_t)(q + 0x8000u) >> 16);
  }
  edgeml_set_sums(sums, t0, h0, t1, h1);
}
#endif

#endif
