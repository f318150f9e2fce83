/* Layers whose instructions and cycles can be counted by hand. */
#include "edgeml_model.h"

#if defined(__riscv)
#define LOOP_0 "li t0, 100\n1: addi t0, t0, -1\n bnez t0, 1b\n ret"
#define LOOP_1 "li t0, 50\n1: add t1, t1, t0\n xori t1, t1, 1\n addi t0, t0, -1\n bnez t0, 1b\n ret"
#define CALLS "jal loop_layer_0\n jal loop_layer_1" ::: "ra", "t0", "t1", "memory"
#define UNDEFINED "unimp"
#elif defined(__aarch64__)
#define LOOP_0 "mov x9, #100\n1: subs x9, x9, #1\n b.ne 1b\n ret"
#define LOOP_1 "mov x9, #50\n1: add x10, x10, x9\n eor x10, x10, #1\n subs x9, x9, #1\n b.ne 1b\n ret"
#define CALLS "bl loop_layer_0\n bl loop_layer_1" ::: "x9", "x10", "x30", "cc", "memory"
#define UNDEFINED "udf #0"
#else
#define LOOP_0 ".syntax unified\n movs r3, #100\n1: subs r3, #1\n bne 1b\n bx lr"
#define LOOP_1 ".syntax unified\n movs r3, #50\n1: adds r2, #1\n adds r2, #1\n subs r3, #1\n bne 1b\n bx lr"
#define CALLS "bl loop_layer_0\n bl loop_layer_1" ::: "r0", "r1", "r2", "r3", "r12", "lr", "cc", "memory"
#define UNDEFINED "udf #0"
#endif

/* movs, 100 times (subs, bne), bx: 202 instructions */
__attribute__((naked, noinline, used)) static void loop_layer_0(void) {
  __asm volatile(LOOP_0);
}

/* movs, 50 times (adds, adds, subs, bne), bx: 202 instructions too, other cycles */
__attribute__((naked, noinline, used)) static void loop_layer_1(void) {
  __asm volatile(LOOP_1);
}

/* writes far outside of RAM when the input asks for it; executes an undefined instruction for another */
__attribute__((noinline)) static void loop_layer_2(const int8_t *x, int8_t *y) {
  if (*x == 66) *(volatile uint32_t *)0x90000000u = 1u;
  if (*x == 77) __asm volatile(UNDEFINED);
  *y = *x;
}

void loop_run(void *arena, const int8_t *input, int8_t *output) {
  (void)arena;
  __asm volatile(CALLS);
  loop_layer_2(input, output);
}
