/* What inner loops ask of the compiler. */
#ifndef EDGEML_COMPILER_H
#define EDGEML_COMPILER_H

#if defined(__GNUC__)
#define EDGEML_NOINLINE __attribute__((noinline))
/* what runs a few times only: small code */
#define EDGEML_COLD __attribute__((cold))
#else
#define EDGEML_COLD
#define EDGEML_NOINLINE
#endif

/* Thumb-1: compilers make little of its eight registers, so inner loops for it are written in assembly. */
#if defined(__thumb__) && !defined(__thumb2__) && defined(__GNUC__) && !defined(EDGEML_NO_ASM)
#define EDGEML_THUMB1_ASM 1
#else
#define EDGEML_THUMB1_ASM 0
#endif

/* Thumb-2: for loops that need more registers than compilers leave. */
#if defined(__thumb2__) && defined(__GNUC__) && !defined(EDGEML_NO_ASM)
#define EDGEML_THUMB2_ASM 1
#else
#define EDGEML_THUMB2_ASM 0
#endif

#endif
