/* Arm semihosting: text and an exit code through the debugger (Arm IHI 0203, "Semihosting for AArch32
 * and AArch64"). Without a debugger `bkpt` faults: see README.md for a UART instead. */
#include "firmware.h"

#define SYS_WRITE0 0x04
#define SYS_EXIT_EXTENDED 0x20
#define ADP_STOPPED_APPLICATION_EXIT 0x20026u

static int call(int operation, const void *argument) {
  register int r0 __asm("r0") = operation;
  register const void *r1 __asm("r1") = argument;
  __asm volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

void edgeml_semihosting_write(const char *text) { (void)call(SYS_WRITE0, text); }

void edgeml_semihosting_exit(int code) {
  const uint32_t block[2] = {ADP_STOPPED_APPLICATION_EXIT, (uint32_t)code};
  (void)call(SYS_EXIT_EXTENDED, block);
}
