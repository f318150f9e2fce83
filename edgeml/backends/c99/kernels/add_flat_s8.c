#include "add_flat_s8.h"

#include "compiler.h"
#include "rescale.h"

void edgeml_add_flat_s8(const edgeml_add_flat_s8_params *params, const int8_t *a, const int8_t *b, int8_t *y) {
  const int32_t ma = params->a_multiplier, mb = params->b_multiplier, bias = params->bias, shift = params->shift;
  const int32_t size = params->size;
#if EDGEML_THUMB1_ASM
  /* r3 counts from -size to 0 behind the ends; 15 instructions an element */
  const int32_t constants[] = {ma, mb, shift};
  register const int8_t *ra __asm__("r0") = a + size;
  register const int8_t *rb __asm__("r1") = b + size;
  register const int32_t *rc __asm__("r2") = constants;
  register int32_t at __asm__("r3") = -size;
  register int8_t *ry __asm__("r8") = y + size;
  register int32_t rbias __asm__("r9") = bias;
  __asm__ volatile(
      ".syntax unified\n\t"
      "ldmia r2!, {r4, r5, r6}\n\t mov r2, r6\n"
      "1:\n\t ldrsb r6, [r0, r3]\n\t ldrsb r7, [r1, r3]\n\t muls r6, r4, r6\n\t muls r7, r5, r7\n\t adds r6, r6, r7\n\t"
      "add r6, r9\n\t asrs r6, r2\n\t sxtb r7, r6\n\t cmp r7, r6\n\t bne 3f\n"
      "2:\n\t mov r7, r8\n\t strb r6, [r7, r3]\n\t adds r3, #1\n\t bne 1b\n\t b 4f\n"
      "3:\n\t asrs r6, r6, #31\n\t movs r7, #127\n\t eors r6, r7\n\t b 2b\n"
      "4:\n\t"
      : "+l"(ra), "+l"(rb), "+l"(rc), "+l"(at)
      : "h"(ry), "h"(rbias)
      : "r4", "r5", "r6", "r7", "cc", "memory");
#else
  for (int32_t i = 0; i < size; ++i) y[i] = (int8_t)edgeml_saturate_s8((bias + a[i] * ma + b[i] * mb) >> shift);
#endif
}
