/* What inner loops ask of the compiler. */
#ifndef EDGEML_COMPILER_H
#define EDGEML_COMPILER_H

#if defined(__GNUC__)
#define EDGEML_NOINLINE __attribute__((noinline))
#define EDGEML_INLINE static inline __attribute__((always_inline))
#else
#define EDGEML_INLINE static inline
#define EDGEML_NOINLINE
#endif

#endif
