/* What inner loops ask of the compiler. */
#ifndef EDGEML_COMPILER_H
#define EDGEML_COMPILER_H

#if defined(__GNUC__)
#define EDGEML_NOINLINE __attribute__((noinline))
#else
#define EDGEML_NOINLINE
#endif

#endif
