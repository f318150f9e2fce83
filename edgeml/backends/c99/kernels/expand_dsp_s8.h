/* int8 to packed int16 for the kernels with packed products (dsp.h). */
#ifndef EDGEML_EXPAND_DSP_S8_H
#define EDGEML_EXPAND_DSP_S8_H

#include <stdint.h>

#include "compiler.h"
#include "dsp.h"

/* Inputs of four pixels: `rows` runs of `count` bytes (a multiple of 4), which begin where `from` points and then every
 * `step` bytes. Of each four bytes of a pixel the first and third, then the second and fourth become a word; the words
 * of the pixels lie side by side. Returns the end. */
EDGEML_NOINLINE static uint32_t *edgeml_expand_four(const int8_t *const from[4], int32_t count, int32_t rows,
                                                    int32_t step, uint32_t *to) {
  const int8_t *a = from[0], *b = from[1], *c = from[2], *d = from[3];
  for (step -= count; rows > 0; --rows, a += step, b += step, c += step, d += step) {
    const int8_t *const end = a + count;
    while (a != end) {
#if EDGEML_DSP && defined(__thumb2__)
      __asm__ volatile(
          "ldr r4, [%0], #4\n"
          "ldr r5, [%1], #4\n"
          "ldr r6, [%2], #4\n"
          "ldr r12, [%3], #4\n"
          "sxtb16 r8, r4\n"
          "sxtb16 r9, r5\n"
          "sxtb16 r10, r6\n"
          "sxtb16 lr, r12\n"
          "stmia %4!, {r8, r9, r10, lr}\n"
          "sxtb16 r4, r4, ror #8\n"
          "sxtb16 r5, r5, ror #8\n"
          "sxtb16 r6, r6, ror #8\n"
          "sxtb16 r12, r12, ror #8\n"
          "stmia %4!, {r4, r5, r6, r12}\n"
          : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(to)
          :
          : "r4", "r5", "r6", "r8", "r9", "r10", "r12", "lr", "memory");
#else
      const uint32_t p = edgeml_load_word(a), q = edgeml_load_word(b);
      const uint32_t r = edgeml_load_word(c), s = edgeml_load_word(d);
      to[0] = edgeml_sxtb16(p);
      to[1] = edgeml_sxtb16(q);
      to[2] = edgeml_sxtb16(r);
      to[3] = edgeml_sxtb16(s);
      to[4] = edgeml_sxtb16_odd(p);
      to[5] = edgeml_sxtb16_odd(q);
      to[6] = edgeml_sxtb16_odd(r);
      to[7] = edgeml_sxtb16_odd(s);
      a += 4;
      b += 4;
      c += 4;
      d += 4;
      to += 8;
#endif
    }
  }
  return to;
}

/* The same for one pixel: `count` bytes (a multiple of 4), `to` is its word in the first four. Returns the end. */
static inline uint32_t *edgeml_expand_one(const int8_t *from, int32_t count, uint32_t *to) {
  for (; count > 0; count -= 4, from += 4, to += 8) {
    const uint32_t four = edgeml_load_word(from);
    to[0] = edgeml_sxtb16(four);
    to[4] = edgeml_sxtb16_odd(four);
  }
  return to;
}

#endif
