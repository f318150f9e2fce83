/* Compiles a kernel's body, the header that EDGEML_SIMD_BODY names, once for each level of simd.h. No guard: the
 * kernel's .c file includes it once, and then calls EDGEML_SIMD_RUN(name, (arguments)): the body's function `name` of
 * the level that the processor has. */
#if EDGEML_SIMD_X86
#define EDGEML_LEVEL avx512
#include EDGEML_SIMD_BODY
#undef EDGEML_LEVEL
#define EDGEML_LEVEL avxvnni
#include EDGEML_SIMD_BODY
#undef EDGEML_LEVEL
#define EDGEML_LEVEL avx2
#include EDGEML_SIMD_BODY
#undef EDGEML_LEVEL
#endif

#if EDGEML_SIMD_DOTPROD
#define EDGEML_LEVEL dotprod
#include EDGEML_SIMD_BODY
#undef EDGEML_LEVEL
#endif

#if EDGEML_SIMD_X86
#define EDGEML_LEVEL sse2
#elif EDGEML_SIMD_NEON
#define EDGEML_LEVEL neon
#else
#define EDGEML_LEVEL portable
#endif
#include EDGEML_SIMD_BODY
#undef EDGEML_LEVEL

#if EDGEML_SIMD_X86
#define EDGEML_SIMD_RUN(name, arguments)                                \
  switch (edgeml_simd_level()) {                                        \
    case EDGEML_SIMD_AVX512: edgeml_##name##_avx512 arguments; break;   \
    case EDGEML_SIMD_AVXVNNI: edgeml_##name##_avxvnni arguments; break; \
    case EDGEML_SIMD_AVX2: edgeml_##name##_avx2 arguments; break;       \
    default: edgeml_##name##_sse2 arguments; break;                     \
  }
#elif EDGEML_SIMD_DOTPROD
#define EDGEML_SIMD_RUN(name, arguments) \
  if (edgeml_has_dotprod())              \
    edgeml_##name##_dotprod arguments;   \
  else                                   \
    edgeml_##name##_neon arguments;
#elif EDGEML_SIMD_NEON
#define EDGEML_SIMD_RUN(name, arguments) edgeml_##name##_neon arguments;
#else
#define EDGEML_SIMD_RUN(name, arguments) edgeml_##name##_portable arguments;
#endif
