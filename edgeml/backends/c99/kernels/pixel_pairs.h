/* Sums of products of two pixels at a time, for processors whose multiplication gives 32 bits and adds nothing else.
 *
 * A word holds a pixel's value in its upper half and another pixel's in its lower half, as 65536 * first + second. Its
 * product with a weight is both products, as long as the lower one stays within int16. The compiler sees to it that the
 * sum over each group of weights does too, for all inputs (selection/pixel_pairs.py); so the halves are taken apart once
 * for each group only. */
#ifndef EDGEML_PIXEL_PAIRS_H
#define EDGEML_PIXEL_PAIRS_H

#include <stdint.h>

#include "compiler.h"

/* 1: weights of four bits, eight in a word, the first in its highest bits */
#ifndef EDGEML_NIBBLES
#define EDGEML_NIBBLES 0
#endif
#if EDGEML_NIBBLES
typedef int32_t edgeml_pair_weights;
#else
typedef int8_t edgeml_pair_weights;
#endif

typedef struct {
  int32_t value[4]; /* one for each pixel */
} edgeml_four_sums;

static inline uint32_t edgeml_pixel_pair(int32_t first, int32_t second) {
  return ((uint32_t)first << 16) + (uint32_t)second;
}

/* A pair's total modulo 2^32, and that of the upper halves: the lower one is what is missing. */
static inline int32_t edgeml_lower_sum(uint32_t total, uint32_t upper) { return (int32_t)(total - (upper << 16)); }

static inline void edgeml_set_sums(edgeml_four_sums *sums, uint32_t t0, uint32_t h0, uint32_t t1, uint32_t h1) {
  sums->value[0] = (int32_t)h0;
  sums->value[1] = edgeml_lower_sum(t0, h0);
  sums->value[2] = (int32_t)h1;
  sums->value[3] = edgeml_lower_sum(t1, h1);
}

/* What the groups' sums left out in the channel whose list `extra` is; returns the next channel's list. */
static inline const int16_t *edgeml_add_extra(edgeml_four_sums *sums, const uint32_t *x, const int16_t *extra) {
  for (int32_t n = *extra++; n > 0; --n, extra += 2) {
    const uint32_t *const at = x + 2 * (int32_t)(uint16_t)extra[0];
    const int32_t weight = extra[1];
    const uint32_t p = at[0] * (uint32_t)weight, q = at[1] * (uint32_t)weight;
    sums->value[0] += (int32_t)(p + 0x8000u) >> 16;
    sums->value[1] += (int16_t)(uint16_t)(p & 0xFFFFu);
    sums->value[2] += (int32_t)(q + 0x8000u) >> 16;
    sums->value[3] += (int16_t)(uint16_t)(q & 0xFFFFu);
  }
  return extra;
}

/* EDGEML_PAIR_SUMS(name, group) is a function: sums of `count` weights, a multiple of the group, from the last to the first,
 * times two words of x each, from the first to the last. Of four bits: `count` words of weights, from the first on. */
#if EDGEML_THUMB2_ASM && EDGEML_NIBBLES
/* clang-format off */
/* r3 = eight weights, r2 = where the next lie, r1 = where in x; pairs r8, r9 */
#define EDGEML_PAIR_TWO(high, low, first, to8, to9) \
  "sbfx r0, r3, #" high ", #4\n\t ldmia r1!, {r4, r5, r6, r7}\n\t " first " r8, r4, r0" to8 "\n\t " first " r9, r5, r0" to9 "\n\t" \
  "sbfx r0, r3, #" low ", #4\n\t mla r8, r6, r0, r8\n\t mla r9, r7, r0, r9\n\t"
#define EDGEML_PAIR_MORE(high, low) EDGEML_PAIR_TWO(high, low, "mla", ", r8", ", r9")
#define EDGEML_PAIR_REST EDGEML_PAIR_MORE("20", "16") EDGEML_PAIR_MORE("12", "8") EDGEML_PAIR_MORE("4", "0")
#define EDGEML_PAIR_GROUP_8 "ldr r3, [r2], #4\n\t" EDGEML_PAIR_TWO("28", "24", "mul", "", "") EDGEML_PAIR_REST
#define EDGEML_PAIR_GROUP_16 EDGEML_PAIR_GROUP_8 "ldr r3, [r2], #4\n\t" EDGEML_PAIR_MORE("28", "24") EDGEML_PAIR_REST
#define EDGEML_PAIR_SUMS(name, code) \
  void name(edgeml_four_sums *sums, const uint32_t *x, const int32_t *w, int32_t count); \
  __asm__(".pushsection .text." #name ",\"ax\",%progbits\n\t .syntax unified\n\t .thumb\n\t .balign 4\n\t" \
          ".thumb_func\n\t .type " #name ", %function\n" #name ":\n\t" \
          "push {r0, r4, r5, r6, r7, r8, r9, r10, r11, lr}\n\t add r3, r2, r3, lsl #2\n\t push {r3}\n\t" \
          "mov r10, #0\n\t mov r11, #0\n\t mov r12, #0\n\t mov lr, #0\n" \
          "1:\n\t" code "add r10, r10, r8\n\t add r8, r8, #0x8000\n\t add r11, r11, r8, asr #16\n\t" \
          "add r12, r12, r9\n\t add r9, r9, #0x8000\n\t add lr, lr, r9, asr #16\n\t" \
          "ldr r3, [sp]\n\t cmp r2, r3\n\t bne 1b\n\t" \
          "pop {r3}\n\t pop {r0}\n\t sub r10, r10, r11, lsl #16\n\t sub r12, r12, lr, lsl #16\n\t" \
          "strd r11, r10, [r0]\n\t strd lr, r12, [r0, #8]\n\t pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}\n\t" \
          ".size " #name ", . - " #name "\n\t .popsection\n");
/* clang-format on */
#elif EDGEML_THUMB2_ASM
/* clang-format off */
/* r2 = behind the next weight, r1 = where in x; pairs r8, r9; two weights a turn */
#define EDGEML_PAIR_GROUP(size, more) \
  size, "ldrsb r0, [r2, #-1]!\n\t ldmia r1!, {r4, r5, r6, r7}\n\t mul r8, r4, r0\n\t mul r9, r5, r0\n\t" \
  "ldrsb r0, [r2, #-1]!\n\t mla r8, r6, r0, r8\n\t mla r9, r7, r0, r9\n\t" \
  ".rept " more "\n\t ldrsb r0, [r2, #-1]!\n\t ldmia r1!, {r4, r5, r6, r7}\n\t mla r8, r4, r0, r8\n\t mla r9, r5, r0, r9\n\t" \
  "ldrsb r0, [r2, #-1]!\n\t mla r8, r6, r0, r8\n\t mla r9, r7, r0, r9\n\t .endr\n\t"
#define EDGEML_PAIR_GROUP_2 EDGEML_PAIR_GROUP("2", "0")
#define EDGEML_PAIR_GROUP_4 EDGEML_PAIR_GROUP("4", "1")
#define EDGEML_PAIR_GROUP_8 EDGEML_PAIR_GROUP("8", "3")
#define EDGEML_PAIR_GROUP_16 EDGEML_PAIR_GROUP("16", "7")
#define EDGEML_PAIR_SUMS(name, group) EDGEML_PAIR_SUMS_THUMB2(name, group)
#define EDGEML_PAIR_SUMS_THUMB2(name, size, code) \
  void name(edgeml_four_sums *sums, const uint32_t *x, const int8_t *w, int32_t count); \
  __asm__(".pushsection .text." #name ",\"ax\",%progbits\n\t .syntax unified\n\t .thumb\n\t .balign 4\n\t" \
          ".thumb_func\n\t .type " #name ", %function\n" #name ":\n\t" \
          "push {r0, r4, r5, r6, r7, r8, r9, r10, r11, lr}\n\t add r2, r2, r3\n\t" \
          "mov r10, #0\n\t mov r11, #0\n\t mov r12, #0\n\t mov lr, #0\n" \
          "1:\n\t" code "add r10, r10, r8\n\t add r8, r8, #0x8000\n\t add r11, r11, r8, asr #16\n\t" \
          "add r12, r12, r9\n\t add r9, r9, #0x8000\n\t add lr, lr, r9, asr #16\n\t subs r3, r3, #" size "\n\t bne 1b\n\t" \
          "pop {r0}\n\t sub r10, r10, r11, lsl #16\n\t sub r12, r12, lr, lsl #16\n\t" \
          "strd r11, r10, [r0]\n\t strd lr, r12, [r0, #8]\n\t pop {r4, r5, r6, r7, r8, r9, r10, r11, pc}\n\t" \
          ".size " #name ", . - " #name "\n\t .popsection\n");
/* clang-format on */
#else
#if EDGEML_NIBBLES
#define EDGEML_PAIR_LOAD v = (uint32_t)((int32_t)word >> 28), word <<= 4
#define EDGEML_PAIR_LOCALS uint32_t word, v, p, q
#define EDGEML_PAIR_WORD word = (uint32_t)*w++, --count;
#else
#define EDGEML_PAIR_LOCALS uint32_t v, p, q
#define EDGEML_PAIR_LOAD v = (uint32_t)(int32_t)w[--count]
#endif
#define EDGEML_PAIR_FIRST EDGEML_PAIR_LOAD, p = x[0] * v, q = x[1] * v, x += 2;
#define EDGEML_PAIR_NEXT EDGEML_PAIR_LOAD, p += x[0] * v, q += x[1] * v, x += 2;
#define EDGEML_PAIR_NEXT_2 EDGEML_PAIR_NEXT EDGEML_PAIR_NEXT
#define EDGEML_PAIR_NEXT_4 EDGEML_PAIR_NEXT_2 EDGEML_PAIR_NEXT_2
#define EDGEML_PAIR_GROUP_2 EDGEML_PAIR_FIRST EDGEML_PAIR_NEXT
#define EDGEML_PAIR_GROUP_4 EDGEML_PAIR_FIRST EDGEML_PAIR_NEXT EDGEML_PAIR_NEXT_2
#if EDGEML_NIBBLES
#define EDGEML_PAIR_GROUP_8 EDGEML_PAIR_WORD EDGEML_PAIR_GROUP_4 EDGEML_PAIR_NEXT_4
#define EDGEML_PAIR_GROUP_16 EDGEML_PAIR_GROUP_8 EDGEML_PAIR_WORD EDGEML_PAIR_NEXT_4 EDGEML_PAIR_NEXT_4
#else
#define EDGEML_PAIR_GROUP_8 EDGEML_PAIR_GROUP_4 EDGEML_PAIR_NEXT_4
#define EDGEML_PAIR_GROUP_16 EDGEML_PAIR_GROUP_8 EDGEML_PAIR_NEXT_4 EDGEML_PAIR_NEXT_4
#endif
#define EDGEML_PAIR_SUMS(name, group)                                                                   \
  static inline void name(edgeml_four_sums *sums, const uint32_t *x, const edgeml_pair_weights *w, int32_t count) { \
    uint32_t t0 = 0, h0 = 0, t1 = 0, h1 = 0;                                                            \
    do {                                                                                                \
      EDGEML_PAIR_LOCALS;                                                                                         \
      group t0 += p;                                                                                    \
      t1 += q;                                                                                          \
      h0 += (uint32_t)((int32_t)(p + 0x8000u) >> 16);                                                   \
      h1 += (uint32_t)((int32_t)(q + 0x8000u) >> 16);                                                   \
    } while (count > 0);                                                                                 \
    edgeml_set_sums(sums, t0, h0, t1, h1);                                                             \
  }
#endif

#endif
