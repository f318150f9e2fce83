/* Layers whose instructions and cycles can be counted by hand. */
#include "edgeml_model.h"

/* movs, 100 times (subs, bne), bx: 202 instructions */
__attribute__((naked, noinline, used)) static void loop_layer_0(void) {
  __asm volatile(".syntax unified\n movs r3, #100\n1: subs r3, #1\n bne 1b\n bx lr");
}

/* movs, 50 times (adds, adds, subs, bne), bx: 202 instructions too, other cycles */
__attribute__((naked, noinline, used)) static void loop_layer_1(void) {
  __asm volatile(".syntax unified\n movs r3, #50\n1: adds r2, #1\n adds r2, #1\n subs r3, #1\n bne 1b\n bx lr");
}

/* writes far outside of RAM when the input asks for it; executes an undefined instruction for another */
__attribute__((noinline)) static void loop_layer_2(const int8_t *x, int8_t *y) {
  if (*x == 66) *(volatile uint32_t *)0x90000000u = 1u;
  if (*x == 77) __asm volatile("udf #0");
  *y = *x;
}

void loop_run(void *arena, const int8_t *input, int8_t *output) {
  (void)arena;
  __asm volatile("bl loop_layer_0\n bl loop_layer_1" ::: "r0", "r1", "r2", "r3", "r12", "lr", "cc", "memory");
  loop_layer_2(input, output);
}
