/* Reset of a Cortex-M: vector table, memory, FPU, a painted stack, then main(). */
#include <stdint.h>

#include "firmware.h"

/* Placed by the linker script; only their addresses have a meaning. */
extern uint32_t edgeml_stack_top[], edgeml_stack_limit[];
extern uint32_t edgeml_data_load[], edgeml_data_start[], edgeml_data_end[];
extern uint32_t edgeml_bss_start[], edgeml_bss_end[];

void Reset_Handler(void);
void Default_Handler(void);

/* The FPU is off after reset: full access to coprocessors 10 and 11 (Armv7-M ARM, B3.2.20). */
#define CPACR (*(volatile uint32_t *)0xE000ED88u)

__attribute__((section(".vectors"), used)) static void *const vectors[16] = {
    edgeml_stack_top,
    (void *)Reset_Handler,
    (void *)Default_Handler, /* NMI */
    (void *)Default_Handler, /* HardFault */
    (void *)Default_Handler, /* MemManage */
    (void *)Default_Handler, /* BusFault */
    (void *)Default_Handler, /* UsageFault */
    0,
    0,
    0,
    0,
    (void *)Default_Handler, /* SVCall */
    (void *)Default_Handler, /* DebugMonitor */
    0,
    (void *)Default_Handler, /* PendSV */
    (void *)Default_Handler, /* SysTick */
};

__attribute__((noreturn)) void Reset_Handler(void) {
#if defined(__ARM_FP)
  CPACR |= 0xFu << 20;
  __asm volatile("dsb\n\tisb" ::: "memory");
#endif
  const volatile uint32_t *from = edgeml_data_load;
  for (volatile uint32_t *to = edgeml_data_start; to < edgeml_data_end; ++to) *to = *from++;
  for (volatile uint32_t *to = edgeml_bss_start; to < edgeml_bss_end; ++to) *to = 0;

  /* Whoever wants to know how deep the stack went looks for the first word that lost its paint. */
  uint32_t *sp;
  __asm volatile("mov %0, sp" : "=r"(sp));
  for (volatile uint32_t *to = edgeml_stack_limit; to < sp; ++to) *to = EDGEML_STACK_PAINT;

  (void)main();
  for (;;) {
  }
}

void Default_Handler(void) {
#if defined(EDGEML_FIRMWARE_SELFTEST)
  edgeml_semihosting_write("FAULT: an exception was taken\n");
  edgeml_semihosting_exit(2);
#endif
  for (;;) {
  }
}
