/* Requantisation of many sums of one channel by the short form of rescale.h. */
#ifndef EDGEML_RESCALE_RUN_H
#define EDGEML_RESCALE_RUN_H

#include <stdint.h>

#include "compiler.h"
#include "rescale.h"

#if EDGEML_THUMB1_ASM
/* clang-format off */
typedef struct {
  edgeml_short_form form;
  int32_t bias, step, stride; /* stride: bytes from sum to sum */
} edgeml_rescale_constants;

/* The full activation range; count is not 0. 23 instructions a sum. */
void edgeml_rescale_run_thumb1(const int32_t *sums, int32_t count, int8_t *y, const edgeml_rescale_constants *constants);
__asm__(".pushsection .text.edgeml_rescale_run_thumb1,\"ax\",%progbits\n\t .syntax unified\n\t .thumb\n\t .balign 4\n\t"
        ".thumb_func\n\t .type edgeml_rescale_run_thumb1, %function\n"
        "edgeml_rescale_run_thumb1:\n\t push {r4, r5, r6, r7, lr}\n\t"
        "mov r4, r8\n\t mov r5, r9\n\t mov r6, r10\n\t mov r7, r11\n\t push {r4, r5, r6, r7}\n\t"
        "ldr r4, [r3, #24]\n\t mov r12, r4\n\t muls r1, r4, r1\n\t adds r1, r1, r0\n\t mov r11, r1\n\t"
        "ldmia r3!, {r4, r5, r6, r7}\n\t mov r8, r6\n\t ldmia r3!, {r6}\n\t mov r9, r6\n\t ldmia r3!, {r6}\n\t"
        "mov r10, r6\n\t movs r3, r5\n\t movs r1, r4\n"
        "1:\n\t ldr r4, [r0]\n\t add r0, r12\n\t add r4, r9\n\t asrs r5, r4, #11\n\t lsls r4, r4, #21\n\t"
        "lsrs r4, r4, #21\n\t muls r4, r1, r4\n\t lsrs r4, r4, #11\n\t add r4, r8\n\t movs r6, r5\n\t muls r6, r3, r6\n\t"
        "asrs r6, r6, #10\n\t adds r4, r4, r6\n\t muls r5, r1, r5\n\t adds r4, r4, r5\n\t asrs r4, r7\n\t"
        "sxtb r5, r4\n\t cmp r5, r4\n\t bne 3f\n"
        "2:\n\t strb r4, [r2]\n\t add r2, r10\n\t cmp r0, r11\n\t bne 1b\n\t"
        "pop {r4, r5, r6, r7}\n\t mov r8, r4\n\t mov r9, r5\n\t mov r10, r6\n\t mov r11, r7\n\t"
        "pop {r4, r5, r6, r7, pc}\n"
        "3:\n\t asrs r4, r4, #31\n\t movs r5, #127\n\t eors r4, r5\n\t b 2b\n\t"
        ".size edgeml_rescale_run_thumb1, . - edgeml_rescale_run_thumb1\n\t .popsection\n");
/* clang-format on */
#endif

/* int8 results of `count` sums, not 0, with the bias, at sums, sums + stride, …, to y, y + step, … */
static inline void edgeml_rescale_run(const int32_t *sums, int32_t stride, int32_t count, edgeml_rescale form,
                                      int32_t bias, const edgeml_scale *scales, int32_t zero_point, int32_t min,
                                      int32_t max, int8_t *y, int32_t step) {
#if EDGEML_THUMB1_ASM
  if (form.multiplier != 0 && min == -128 && max == 127) {
    const edgeml_rescale_constants constants = {edgeml_unpack_short(form), bias, step, 4 * stride};
    edgeml_rescale_run_thumb1(sums, count, y, &constants);
    return;
  }
#endif
  for (int32_t i = 0; count > 0; --count, i += stride, y += step)
    edgeml_rescale_short_or_requantize(form, bias, sums + i, scales, zero_point, min, max, y, step, 1);
}

#endif
