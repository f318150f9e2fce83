/* The names under which compilers for RISC-V call runtime.c and softfloat.c (GCC internals, "Integer library routines"
 * and "Routines for floating point emulation"): the functions are those of Arm's run-time ABI. */
#include <stdint.h>

#if defined(__riscv)

#define NAMED(result, name, parameters, of, arguments) \
  result of parameters;                                \
  result name parameters;                              \
  __attribute__((used)) result name parameters { return of arguments; }

NAMED(uint64_t, __ashldi3, (uint64_t x, int n), __aeabi_llsl, (x, n))
NAMED(uint64_t, __lshrdi3, (uint64_t x, int n), __aeabi_llsr, (x, n))
NAMED(int64_t, __ashrdi3, (int64_t x, int n), __aeabi_lasr, (x, n))
NAMED(uint64_t, __muldi3, (uint64_t a, uint64_t b), __aeabi_lmul, (a, b))

uint64_t edgeml_divide64u(uint64_t n, uint64_t d, uint64_t *rest);
int64_t edgeml_divide64s(int64_t n, int64_t d, int64_t *rest);
uint64_t __udivdi3(uint64_t n, uint64_t d);
uint64_t __umoddi3(uint64_t n, uint64_t d);
int64_t __divdi3(int64_t n, int64_t d);
int64_t __moddi3(int64_t n, int64_t d);

__attribute__((used)) uint64_t __udivdi3(uint64_t n, uint64_t d) {
  uint64_t rest;
  return edgeml_divide64u(n, d, &rest);
}
__attribute__((used)) uint64_t __umoddi3(uint64_t n, uint64_t d) {
  uint64_t rest;
  (void)edgeml_divide64u(n, d, &rest);
  return rest;
}
__attribute__((used)) int64_t __divdi3(int64_t n, int64_t d) {
  int64_t rest;
  return edgeml_divide64s(n, d, &rest);
}
__attribute__((used)) int64_t __moddi3(int64_t n, int64_t d) {
  int64_t rest;
  (void)edgeml_divide64s(n, d, &rest);
  return rest;
}

#if !defined(__riscv_flen)

NAMED(float, __addsf3, (float a, float b), __aeabi_fadd, (a, b))
NAMED(float, __subsf3, (float a, float b), __aeabi_fsub, (a, b))
NAMED(float, __mulsf3, (float a, float b), __aeabi_fmul, (a, b))
NAMED(float, __divsf3, (float a, float b), __aeabi_fdiv, (a, b))
NAMED(float, __floatsisf, (int32_t x), __aeabi_i2f, (x))
NAMED(float, __floatunsisf, (uint32_t x), __aeabi_ui2f, (x))
NAMED(float, __floatdisf, (int64_t x), __aeabi_l2f, (x))
NAMED(float, __floatundisf, (uint64_t x), __aeabi_ul2f, (x))
NAMED(int32_t, __fixsfsi, (float x), __aeabi_f2iz, (x))
NAMED(uint32_t, __fixunssfsi, (float x), __aeabi_f2uiz, (x))
NAMED(int64_t, __fixsfdi, (float x), __aeabi_f2lz, (x))
NAMED(uint64_t, __fixunssfdi, (float x), __aeabi_f2ulz, (x))
NAMED(int, __unordsf2, (float a, float b), __aeabi_fcmpun, (a, b))

/* less than, equal to or greater than 0 as a is to b; with a NaN what makes the caller's condition false */
int __aeabi_fcmpeq(float a, float b);
int __aeabi_fcmplt(float a, float b);
int __aeabi_fcmpgt(float a, float b);
#define COMPARES(name, unordered)                                      \
  int name(float a, float b);                                          \
  __attribute__((used)) int name(float a, float b) {                   \
    if (__aeabi_fcmplt(a, b)) return -1;                               \
    if (__aeabi_fcmpeq(a, b)) return 0;                                \
    return __aeabi_fcmpgt(a, b) ? 1 : unordered;                       \
  }
COMPARES(__eqsf2, 1)
COMPARES(__nesf2, 1)
COMPARES(__ltsf2, 1)
COMPARES(__lesf2, 1)
COMPARES(__gesf2, -1)
COMPARES(__gtsf2, -1)

#endif
#endif
