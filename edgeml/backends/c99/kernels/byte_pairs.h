/* Sums of products of one vector, two in one multiplication, for processors whose multiplication gives 32 bits.
 *
 * The product of 65536 * x + x' and u + 65536 * u' has x * u + x' * u' in its upper half. Two of the four bytes in a word
 * are such a u + 65536 * u' after one AND; they hold weights plus 128, and what that adds is taken off again modulo 2^32
 * by each group's first word. As in pixel_pairs.h the sums over a group of weights stay within int16. */
#ifndef EDGEML_BYTE_PAIRS_H
#define EDGEML_BYTE_PAIRS_H

#include <stdint.h>

#include "pixel_pairs.h"

/* For each group its first word, then pairs (0, 2), (1, 3) of each four x; zeros after the end. */
static void edgeml_byte_pairs(const int8_t *x, int32_t size, int32_t groups, int32_t group, uint32_t *to) {
  int32_t k = 0;
  for (; groups > 0; --groups) {
    uint32_t *const first = to++;
    uint32_t total = 0;
    for (int32_t i = group; i > 0; i -= 4, k += 4, to += 2) {
      const int32_t a = k < size ? x[k] : 0, b = k + 1 < size ? x[k + 1] : 0;
      const int32_t c = k + 2 < size ? x[k + 2] : 0, d = k + 3 < size ? x[k + 3] : 0;
      to[0] = edgeml_pixel_pair(a, c);
      to[1] = edgeml_pixel_pair(b, d);
      total += to[0] + to[1];
    }
    *first = 0u - (total << 7) - (total << 23);
  }
}

#if EDGEML_THUMB1_ASM || EDGEML_THUMB2_ASM
typedef struct {
  const uint32_t *x, *end;
  int32_t *sums;
  int32_t pairs;
} edgeml_byte_run;
#endif

#if EDGEML_THUMB1_ASM
/* clang-format off */
/* four weights of two channels: 16 instructions; totals r8, r9, mask r2 */
#define EDGEML_FOUR_BYTES \
  "ldmia r0!, {r3, r4}\n\t ldmia r1!, {r5, r6}\n\t" \
  "lsrs r7, r5, #8\n\t ands r7, r2\n\t ands r5, r2\n\t muls r5, r3, r5\n\t muls r7, r4, r7\n\t add r8, r5\n\t add r8, r7\n\t" \
  "lsrs r7, r6, #8\n\t ands r7, r2\n\t ands r6, r2\n\t muls r6, r3, r6\n\t muls r7, r4, r7\n\t add r9, r6\n\t add r9, r7\n\t"

/* The sums of `pairs` pairs of channels; returns the weights behind theirs. */
#define EDGEML_BYTE_SUMS(name, fours) \
  const int32_t *name(edgeml_byte_run *run, const int32_t *w); \
  __asm__(".pushsection .text." #name ",\"ax\",%progbits\n\t .syntax unified\n\t .thumb\n\t .balign 4\n\t" \
          ".thumb_func\n\t .type " #name ", %function\n" #name ":\n\t" \
          "push {r4, r5, r6, r7, lr}\n\t mov r4, r8\n\t mov r5, r9\n\t mov r6, r10\n\t mov r7, r11\n\t" \
          "push {r0, r4, r5, r6, r7}\n\t movs r3, #128\n\t lsls r3, r3, #8\n\t mov r12, r3\n\t" \
          "movs r2, #255\n\t lsls r3, r2, #16\n\t orrs r2, r3\n\t ldr r3, [r0, #4]\n\t mov lr, r3\n" \
          "10:\n\t ldr r3, [sp]\n\t ldr r0, [r3]\n\t movs r3, #0\n\t mov r10, r3\n\t mov r11, r3\n" \
          "11:\n\t ldmia r0!, {r3}\n\t mov r8, r3\n\t mov r9, r3\n\t" \
          ".rept " fours "\n\t" EDGEML_FOUR_BYTES "\n\t .endr\n\t" \
          "mov r3, r8\n\t add r3, r12\n\t asrs r3, r3, #16\n\t add r10, r3\n\t" \
          "mov r3, r9\n\t add r3, r12\n\t asrs r3, r3, #16\n\t add r11, r3\n\t cmp r0, lr\n\t bne 11b\n\t" \
          "ldr r7, [sp]\n\t ldr r5, [r7, #8]\n\t mov r3, r10\n\t mov r4, r11\n\t stmia r5!, {r3, r4}\n\t str r5, [r7, #8]\n\t" \
          "ldr r5, [r7, #12]\n\t subs r5, #1\n\t str r5, [r7, #12]\n\t bne 10b\n\t movs r0, r1\n\t" \
          "pop {r3, r4, r5, r6, r7}\n\t mov r8, r4\n\t mov r9, r5\n\t mov r10, r6\n\t mov r11, r7\n\t" \
          "pop {r4, r5, r6, r7, pc}\n\t .size " #name ", . - " #name "\n\t .popsection\n");
/* clang-format on */

#elif EDGEML_THUMB2_ASM
/* clang-format off */
/* four weights of two channels: 10 instructions; totals r8, r9, mask r2 */
#define EDGEML_FOUR_BYTES \
  "ldmia r0!, {r4, r5}\n\t ldmia r1!, {r6, r7}\n\t" \
  "and r3, r2, r6\n\t mla r8, r3, r4, r8\n\t and r3, r2, r6, lsr #8\n\t mla r8, r3, r5, r8\n\t" \
  "and r3, r2, r7\n\t mla r9, r3, r4, r9\n\t and r3, r2, r7, lsr #8\n\t mla r9, r3, r5, r9\n\t"

/* As above. */
#define EDGEML_BYTE_SUMS(name, fours) \
  const int32_t *name(edgeml_byte_run *run, const int32_t *w); \
  __asm__(".pushsection .text." #name ",\"ax\",%progbits\n\t .syntax unified\n\t .thumb\n\t .balign 4\n\t" \
          ".thumb_func\n\t .type " #name ", %function\n" #name ":\n\t" \
          "push {r0, r4, r5, r6, r7, r8, r9, r10, r11, lr}\n\t ldr lr, [r0, #4]\n\t mov r2, #0x00FF00FF\n" \
          "10:\n\t ldr r12, [sp]\n\t ldr r0, [r12]\n\t mov r10, #0\n\t mov r11, #0\n" \
          "11:\n\t ldr r8, [r0], #4\n\t mov r9, r8\n\t .rept " fours "\n\t" EDGEML_FOUR_BYTES "\n\t .endr\n\t" \
          "add r8, r8, #0x8000\n\t add r10, r10, r8, asr #16\n\t add r9, r9, #0x8000\n\t add r11, r11, r9, asr #16\n\t" \
          "cmp r0, lr\n\t bne 11b\n\t" \
          "ldrd r3, r4, [r12, #8]\n\t strd r10, r11, [r3], #8\n\t subs r4, r4, #1\n\t strd r3, r4, [r12, #8]\n\t" \
          "bne 10b\n\t mov r0, r1\n\t pop {r3, r4, r5, r6, r7, r8, r9, r10, r11, pc}\n\t" \
          ".size " #name ", . - " #name "\n\t .popsection\n");
/* clang-format on */
#else
static inline void edgeml_four_bytes(uint32_t *a, uint32_t *b, const uint32_t *x, const int32_t *w) {
  const uint32_t mask = 0x00FF00FFu, v = (uint32_t)w[0], u = (uint32_t)w[1];
  *a += x[0] * (v & mask) + x[1] * ((v >> 8) & mask);
  *b += x[0] * (u & mask) + x[1] * ((u >> 8) & mask);
}

/* Sums of two channels over all groups of `fours` fours each; returns the weights behind theirs. */
static inline const int32_t *edgeml_two_sums(int32_t *sums, const uint32_t *x, const int32_t *w, int32_t groups,
                                             const int32_t fours) {
  uint32_t first = 0, second = 0;
  for (; groups > 0; --groups) {
    uint32_t a = *x, b = a;
    ++x;
    for (int32_t i = 0; i < fours; ++i, x += 2, w += 2) edgeml_four_bytes(&a, &b, x, w);
    first += (uint32_t)((int32_t)(a + 0x8000u) >> 16);
    second += (uint32_t)((int32_t)(b + 0x8000u) >> 16);
  }
  sums[0] = (int32_t)first;
  sums[1] = (int32_t)second;
  return w;
}
#endif

#if EDGEML_THUMB1_ASM || EDGEML_THUMB2_ASM
EDGEML_BYTE_SUMS(edgeml_byte_sums_4, "1")
EDGEML_BYTE_SUMS(edgeml_byte_sums_8, "2")
EDGEML_BYTE_SUMS(edgeml_byte_sums_16, "4")
#endif

/* Sums of `pairs` pairs of channels, not 0; returns the weights behind theirs. */
static inline const int32_t *edgeml_byte_sums(int32_t *sums, const uint32_t *x, const int32_t *w, int32_t groups,
                                              int32_t group, int32_t pairs) {
#if EDGEML_THUMB1_ASM || EDGEML_THUMB2_ASM
  edgeml_byte_run run = {x, x + groups * (1 + group / 2), sums, pairs};
  return group == 16 ? edgeml_byte_sums_16(&run, w) : group == 8 ? edgeml_byte_sums_8(&run, w) : edgeml_byte_sums_4(&run, w);
#else
  for (; pairs > 0; --pairs, sums += 2) {
    if (group == 16)
      w = edgeml_two_sums(sums, x, w, groups, 4);
    else
      w = edgeml_two_sums(sums, x, w, groups, group / 4);
  }
  return w;
#endif
}

#endif
