/* Semihosting: text and an exit code through the debugger (Arm IHI 0203, "Semihosting for AArch32 and AArch64";
 * RISC-V takes the same operations). Without a debugger the call faults: see README.md for a UART instead. */
#include "firmware.h"

#define SYS_WRITE0 0x04
#define SYS_EXIT_EXTENDED 0x20
#define ADP_STOPPED_APPLICATION_EXIT 0x20026u

#if defined(__riscv)
#define OPERATION "a0"
#define ARGUMENT "a1"
/* the three instructions that a debugger looks for: not compressed, and in one page */
#define BREAKPOINT \
  ".option push\n.option norvc\n.balign 16\nslli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
#elif defined(__aarch64__)
#define OPERATION "x0"
#define ARGUMENT "x1"
#define BREAKPOINT "hlt #0xF000"
#else
#define OPERATION "r0"
#define ARGUMENT "r1"
#define BREAKPOINT "bkpt 0xAB"
#endif

static int call(intptr_t operation, const void *argument) {
  register intptr_t first __asm(OPERATION) = operation;
  register const void *second __asm(ARGUMENT) = argument;
  __asm volatile(BREAKPOINT : "+r"(first) : "r"(second) : "memory");
  return (int)first;
}

void edgeml_semihosting_write(const char *text) { (void)call(SYS_WRITE0, text); }

void edgeml_semihosting_exit(int code) {
  const uintptr_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uintptr_t)code};
  (void)call(SYS_EXIT_EXTENDED, block);
}
