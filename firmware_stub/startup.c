/* Reset of a core: entry or vector table, FPU, memory, a painted stack, then main(). */
#include <stdint.h>

#include "firmware.h"

/* Placed by the linker script; only their addresses have a meaning. */
extern uint32_t edgeml_stack_top[], edgeml_stack_limit[];
extern uint32_t edgeml_data_load[], edgeml_data_start[], edgeml_data_end[];
extern uint32_t edgeml_bss_start[], edgeml_bss_end[];

void Reset_Handler(void);
void Default_Handler(void);

#if defined(__arm__)

/* The FPU is off after reset: full access to coprocessors 10 and 11 (Armv7-M ARM, B3.2.20). */
#define CPACR (*(volatile uint32_t *)0xE000ED88u)

typedef void (*handler)(void);

typedef struct {
  uint32_t *stack;
  handler exceptions[15];
} vector_table;

__attribute__((section(".vectors"), used)) static const vector_table vectors = {
    edgeml_stack_top,
    {
        Reset_Handler,
        Default_Handler, /* NMI */
        Default_Handler, /* HardFault */
        Default_Handler, /* MemManage */
        Default_Handler, /* BusFault */
        Default_Handler, /* UsageFault */
        0,
        0,
        0,
        0,
        Default_Handler, /* SVCall */
        Default_Handler, /* DebugMonitor */
        0,
        Default_Handler, /* PendSV */
        Default_Handler, /* SysTick */
    },
};

#define START Reset_Handler
#define READ_SP "mov %0, sp"

#else

/* Without a table of vectors the first instruction must give the stack: no C before it. */
void edgeml_start(void);

#if defined(__riscv)
__asm(
    ".section .vectors, \"ax\"\n"
    ".globl Reset_Handler\n"
    ".type Reset_Handler, @function\n"
    "Reset_Handler:\n"
    "  la sp, edgeml_stack_top\n"
    "  la t0, Default_Handler\n"
    "  csrw mtvec, t0\n"
    "  j edgeml_start\n"
    ".size Reset_Handler, . - Reset_Handler\n"
    ".text\n");
#define READ_SP "mv %0, sp"
#elif defined(__aarch64__)
__asm(
    ".section .vectors, \"ax\"\n"
    ".globl Reset_Handler\n"
    ".type Reset_Handler, @function\n"
    "Reset_Handler:\n"
    "  adrp x0, edgeml_stack_top\n"
    "  add x0, x0, :lo12:edgeml_stack_top\n"
    "  mov sp, x0\n"
    "  mov x0, #(3 << 20)\n" /* CPACR_EL1.FPEN: floats and vectors do not trap */
    "  msr cpacr_el1, x0\n"
    "  isb\n"
    "  b edgeml_start\n"
    ".size Reset_Handler, . - Reset_Handler\n"
    ".text\n");
#define READ_SP "mov %0, sp"
#else
#error "this firmware starts Cortex-M, RISC-V and AArch64 cores; write the reset code of yours here"
#endif
#define START edgeml_start

#endif

__attribute__((noreturn, used)) void START(void) {
#if defined(__arm__) && defined(__ARM_FP)
  CPACR |= 0xFu << 20;
  __asm volatile("dsb\n\tisb" ::: "memory");
#endif
  const volatile uint32_t *from = edgeml_data_load;
  for (volatile uint32_t *to = edgeml_data_start; to < edgeml_data_end; ++to) *to = *from++;
  for (volatile uint32_t *to = edgeml_bss_start; to < edgeml_bss_end; ++to) *to = 0;

  /* Whoever wants to know how deep the stack went looks for the first word that lost its paint. */
  uint32_t *sp;
  __asm volatile(READ_SP : "=r"(sp));
  for (volatile uint32_t *to = edgeml_stack_limit; to < sp; ++to) *to = EDGEML_STACK_PAINT;

  (void)main();
  for (;;) {
  }
}

/* RISC-V: mtvec holds addresses of whole words */
__attribute__((used, aligned(4))) void Default_Handler(void) {
#if defined(EDGEML_FIRMWARE_SELFTEST)
  edgeml_semihosting_write("FAULT: an exception was taken\n");
  edgeml_semihosting_exit(2);
#endif
  for (;;) {
  }
}
