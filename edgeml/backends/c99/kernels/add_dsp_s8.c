#include "add_dsp_s8.h"

#include "dsp.h"
#include "requantize.h"

static inline int8_t one(const edgeml_add_dsp_s8_params *p, int32_t a, int32_t b) {
  /* an arithmetic shift, as every compiler for these cores does it */
  const int32_t sum = (p->bias + a * p->a_multiplier + b * p->b_multiplier) >> p->shift;
  return (int8_t)edgeml_clamp_s32(sum, -128, 127);
}

#if EDGEML_DSP && defined(__GNUC__)
typedef struct {
  int32_t a_multiplier, b_multiplier; /* 256 times */
  int32_t bias, shift;                /* with 128 more, so that results are saturated to 0..255 */
  uint32_t odd;                       /* the bytes 1 and 3 */
} constants;

/* r0 a, r1 b, r2 y, r3 end of a; r4, r5 multipliers, r6 bias, r7 shift, r8 odd bytes. 256 times an element
 * times 256 times a multiplier, of which SMLAW leaves out the lower 16 bits, is the product. */
#define EDGEML_ADD_TWO(to, a, b)                \
  "smlawb " to ", r4, " a                       \
  ", r6\n"                                      \
  "smlawt " a ", r4, " a                        \
  ", r6\n"                                      \
  "smlawb " to ", r5, " b ", " to               \
  "\n"                                          \
  "smlawt " a ", r5, " b ", " a                 \
  "\n"                                          \
  "asr " to ", " to                             \
  ", r7\n"                                      \
  "asr " a ", " a                               \
  ", r7\n"                                      \
  "pkhbt " to ", " to ", " a                    \
  ", lsl #16\n"                                 \
  "usat16 " to ", #8, " to "\n"

__attribute__((naked, noinline)) static void fours(__attribute__((unused)) const int8_t *a,
                                                   __attribute__((unused)) const int8_t *b,
                                                   __attribute__((unused)) int8_t *y,
                                                   __attribute__((unused)) const int8_t *end,
                                                   __attribute__((unused)) const constants *c) {
  __asm__(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "ldr r4, [sp, #36]\n"
      "ldm r4, {r4-r8}\n"
      "1:\n"
      "ldr r10, [r0], #4\n"
      "ldr r11, [r1], #4\n"
      "and r12, r8, r10\n"
      "and lr, r8, r11\n"
      "and r10, r8, r10, lsl #8\n"
      "and r11, r8, r11, lsl #8\n"
      EDGEML_ADD_TWO("r9", "r12", "lr") EDGEML_ADD_TWO("r12", "r10", "r11")
      "orr r12, r12, r9, lsl #8\n"
      "eor r12, r12, #0x80808080\n"
      "str r12, [r2], #4\n"
      "cmp r0, r3\n"
      "bne 1b\n"
      "pop {r4-r11, pc}\n");
}
#endif

void edgeml_add_dsp_s8(const edgeml_add_dsp_s8_params *params, const int8_t *a, const int8_t *b, int8_t *y) {
  int32_t left = params->size;
#if EDGEML_DSP && defined(__GNUC__)
  const int32_t whole = left & ~3;
  if (whole > 0) {
    const constants c = {256 * params->a_multiplier, 256 * params->b_multiplier,
                         params->bias + (128 << params->shift), params->shift, 0xFF00FF00u};
    fours(a, b, y, a + whole, &c);
    a += whole;
    b += whole;
    y += whole;
    left -= whole;
  }
#endif
  for (; left > 0; --left) *y++ = one(params, *a++, *b++);
}
