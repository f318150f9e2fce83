/* Vector instructions of the processor that runs the code: which there are, and one set of operations for all.
 *
 * A kernel's body is a header that is compiled once for each level, with EDGEML_LEVEL as the suffix of its functions
 * and EDGEML_V(name) for the operations of that level (simd_portable.h says what they do). The kernel then calls the
 * body of edgeml_simd_level(). All levels compute the same bits. EDGEML_SIMD_LIMIT, if defined, is the highest level
 * that is used: 0 is plain C, 1 what every x86-64 has. */
#ifndef EDGEML_SIMD_H
#define EDGEML_SIMD_H

#include <stdint.h>

#if defined(__GNUC__) && !defined(__clang__)
/* gcc moves casts between types of vectors across the ends of loops, and then copies every sum in every turn */
#pragma GCC optimize("no-tree-pre")
#endif

#ifndef EDGEML_SIMD_LIMIT
#define EDGEML_SIMD_LIMIT 9
#endif

#if EDGEML_SIMD_LIMIT > 0 && defined(__GNUC__) && defined(__x86_64__)
#define EDGEML_SIMD_X86 1
#else
#define EDGEML_SIMD_X86 0
#endif

#if EDGEML_SIMD_LIMIT > 0 && defined(__GNUC__) && defined(__aarch64__) && defined(__ARM_NEON) && \
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define EDGEML_SIMD_NEON 1
#else
#define EDGEML_SIMD_NEON 0
#endif

/* Dot products are an extension of NEON: used where the compiler may take them for granted, and by clang on Linux and
 * Android where the processor says that it has them. */
#if EDGEML_SIMD_NEON && EDGEML_SIMD_LIMIT > 1 && defined(__clang__) && defined(__linux__) && \
    !defined(__ARM_FEATURE_DOTPROD)
#define EDGEML_SIMD_DOTPROD 1
#else
#define EDGEML_SIMD_DOTPROD 0
#endif

#if defined(__GNUC__)
#define EDGEML_INLINE static inline __attribute__((always_inline))
#else
#define EDGEML_INLINE static inline
#endif

/* Loops of a constant number of turns over arrays that then live in registers. */
#if defined(__clang__)
#define EDGEML_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define EDGEML_UNROLL _Pragma("GCC unroll 16")
#else
#define EDGEML_UNROLL
#endif

#define EDGEML_PASTE(name, level) edgeml_##name##_##level
#define EDGEML_PASTE_EXPANDED(name, level) EDGEML_PASTE(name, level)
#define EDGEML_V(name) EDGEML_PASTE_EXPANDED(name, EDGEML_LEVEL)

enum { EDGEML_SIMD_NONE, EDGEML_SIMD_SSE2, EDGEML_SIMD_AVX2, EDGEML_SIMD_AVXVNNI, EDGEML_SIMD_AVX512 };

/* What clamps and shifts the outputs: real results between low and high, then + zero. */
typedef struct {
  float low, high; /* activation bounds less the zero point */
  int32_t zero;    /* output zero point */
} edgeml_simd_range;

#include "simd_portable.h"

#if EDGEML_SIMD_X86
#include "simd_x86.h"
#elif EDGEML_SIMD_NEON
#include "simd_neon.h"
#endif

#endif
