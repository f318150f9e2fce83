/* What inner loops ask of the compiler. Include it before everything else whose code it shall govern. */
#ifndef EDGEML_COMPILER_H
#define EDGEML_COMPILER_H

/* gcc's scheduler before register allocation hoists loads out of unrolled loops and then spills them. */
#if defined(__GNUC__) && !defined(__clang__) && (defined(__arm__) || defined(__riscv))
#endif

#if defined(__GNUC__)
#define EDGEML_NOINLINE __attribute__((noinline))
#else
#define EDGEML_NOINLINE
#endif

#endif
