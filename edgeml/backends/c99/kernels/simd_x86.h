/* The operations of simd.h (described in simd_portable.h) for later x86-64: AVX2, AVX2 with VNNI, AVX-512 with VNNI. */
#ifndef EDGEML_SIMD_X86_H
#define EDGEML_SIMD_X86_H

#include <cpuid.h>
#include <immintrin.h>

#include "simd_sse2.h"

#define edgeml_target_avx2 __attribute__((target("avx2")))
#define edgeml_target_avxvnni __attribute__((target("avx2,avxvnni")))
#define edgeml_target_avx512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni")))

/* What the processor and the operating system have, asked once: CPUID leaves a virtual machine. */
static inline int edgeml_simd_level(void) {
  static int known; /* level + 1; every thread would store the same */
  int level = __atomic_load_n(&known, __ATOMIC_RELAXED) - 1;
  if (level < 0) {
    uint32_t a, b, c, d, saved = 0;
    level = EDGEML_SIMD_SSE2;
    if (__get_cpuid(1, &a, &b, &c, &d) != 0 && (c & (1u << 27)) != 0u) __asm__("xgetbv" : "=a"(saved), "=d"(d) : "c"(0));
    if (EDGEML_SIMD_LIMIT >= EDGEML_SIMD_AVX2 && (saved & 6u) == 6u &&
        __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & (1u << 5)) != 0u) {
      const uint32_t f_bw_vl = (1u << 16) | (1u << 30) | (1u << 31);
      level = EDGEML_SIMD_AVX2;
      if (EDGEML_SIMD_LIMIT >= EDGEML_SIMD_AVX512 && (saved & 0xE6u) == 0xE6u && (b & f_bw_vl) == f_bw_vl &&
          (c & (1u << 11)) != 0u)
        level = EDGEML_SIMD_AVX512;
      else if (EDGEML_SIMD_LIMIT >= EDGEML_SIMD_AVXVNNI && a >= 1u &&
               __get_cpuid_count(7, 1, &a, &b, &c, &d) != 0 && (a & (1u << 4)) != 0u)
        level = EDGEML_SIMD_AVXVNNI;
    }
    __atomic_store_n(&known, level + 1, __ATOMIC_RELAXED);
  }
  return level;
}

enum {
  edgeml_lanes_avx2 = 8,
  edgeml_bias_row_avx2 = 0,
  edgeml_wide_avx2 = 1,
  edgeml_tall_avx2 = 4,
  edgeml_tall_one_avx2 = 4,
  edgeml_flat_avx2 = 4
};

typedef __m256i edgeml_vec_avx2;

EDGEML_INLINE edgeml_target_avx2 __m256i edgeml_load_avx2(const void *from) {
  return _mm256_loadu_si256((const __m256i *)from);
}

EDGEML_INLINE edgeml_target_avx2 void edgeml_store_avx2(void *to, __m256i v) { _mm256_storeu_si256((__m256i *)to, v); }

EDGEML_INLINE edgeml_target_avx2 __m256i edgeml_quad_avx2(const uint8_t *from) {
  return _mm256_set1_epi32((int32_t)edgeml_load_word(from));
}

/* Even and odd bytes as 16-bit numbers, whose pairs of products are exact in 32 bits. */
EDGEML_INLINE edgeml_target_avx2 __m256i edgeml_dot4_avx2(__m256i sum, __m256i x, __m256i w) {
  const __m256i even = _mm256_and_si256(x, _mm256_set1_epi16(0xFF)), odd = _mm256_srli_epi16(x, 8);
  const __m256i w_even = _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8), w_odd = _mm256_srai_epi16(w, 8);
  sum = _mm256_add_epi32(sum, _mm256_madd_epi16(even, w_even));
  return _mm256_add_epi32(sum, _mm256_madd_epi16(odd, w_odd));
}

EDGEML_INLINE edgeml_target_avx2 __m256i edgeml_flip_avx2(__m256i x) {
  return _mm256_xor_si256(x, _mm256_set1_epi8(-128));
}

EDGEML_INLINE edgeml_target_avx2 __m256i edgeml_steps_avx2(__m256i sum, const float *scale,
                                                           const edgeml_simd_range *range) {
  __m256 real = _mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_loadu_ps(scale));
  real = _mm256_min_ps(_mm256_max_ps(real, _mm256_set1_ps(range->low)), _mm256_set1_ps(range->high));
  return _mm256_add_epi32(_mm256_cvtps_epi32(real), _mm256_set1_epi32(range->zero));
}

EDGEML_INLINE edgeml_target_avx2 void edgeml_put_avx2(int8_t *y, const __m256i *steps, int32_t count) {
  const __m256i halves = _mm256_permute4x64_epi64(_mm256_packs_epi32(steps[0], steps[1]), 0xD8);
  edgeml_put_bytes_sse2(y, _mm_packs_epi16(_mm256_castsi256_si128(halves), _mm256_extracti128_si256(halves, 1)), count);
}

EDGEML_INLINE edgeml_target_avx2 void edgeml_flip_bytes_avx2(uint8_t *to, const int8_t *x, int32_t count) {
  int32_t i = 0;
  for (; i + 32 <= count; i += 32) edgeml_store_avx2(to + i, edgeml_flip_avx2(edgeml_load_avx2(x + i)));
  for (; i + 8 <= count; i += 8) {
    const __m128i eight = _mm_loadl_epi64((const __m128i *)(const void *)(x + i));
    _mm_storel_epi64((__m128i *)(void *)(to + i), _mm_xor_si128(eight, _mm_set1_epi8(-128)));
  }
  for (; i < count; ++i) to[i] = (uint8_t)((uint8_t)x[i] ^ 0x80u);
}

EDGEML_INLINE edgeml_target_avx2 void edgeml_quads_avx2(__m256i *quads, __m256i a, __m256i b, __m256i c, __m256i d) {
  const __m256i ab = _mm256_unpacklo_epi8(a, b), cd = _mm256_unpacklo_epi8(c, d);
  const __m256i ab_high = _mm256_unpackhi_epi8(a, b), cd_high = _mm256_unpackhi_epi8(c, d);
  quads[0] = _mm256_unpacklo_epi16(ab, cd);
  quads[1] = _mm256_unpackhi_epi16(ab, cd);
  quads[2] = _mm256_unpacklo_epi16(ab_high, cd_high);
  quads[3] = _mm256_unpackhi_epi16(ab_high, cd_high);
}

EDGEML_INLINE edgeml_target_avx2 void edgeml_put_quads_avx2(int8_t *y, const __m256i *steps, int32_t count) {
  const __m256i bytes =
      _mm256_packs_epi16(_mm256_packs_epi32(steps[0], steps[1]), _mm256_packs_epi32(steps[2], steps[3]));
  if (count == 32) {
    edgeml_store_avx2(y, bytes);
    return;
  }
  edgeml_put_bytes_sse2(y, _mm256_castsi256_si128(bytes), count < 16 ? count : 16);
  if (count > 16) edgeml_put_bytes_sse2(y + 16, _mm256_extracti128_si256(bytes, 1), count - 16);
}

EDGEML_INLINE edgeml_target_avx2 __m256i edgeml_widen_avx2(const int8_t *from) {
  return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)from));
}

EDGEML_INLINE edgeml_target_avx2 __m256i edgeml_splat_avx2(int32_t value) { return _mm256_set1_epi32(value); }

EDGEML_INLINE edgeml_target_avx2 __m256i edgeml_plus_avx2(__m256i a, __m256i b) { return _mm256_add_epi32(a, b); }

EDGEML_INLINE edgeml_target_avx2 __m256i edgeml_times_avx2(__m256i a, __m256i b) { return _mm256_mullo_epi32(a, b); }

EDGEML_INLINE edgeml_target_avx2 __m256i edgeml_shift_avx2(__m256i a, int32_t count) {
  return _mm256_sra_epi32(a, _mm_cvtsi32_si128(count));
}

EDGEML_INLINE edgeml_target_avx2 __m256i edgeml_bound_avx2(__m256i a, int32_t low, int32_t high) {
  return _mm256_min_epi32(_mm256_max_epi32(a, _mm256_set1_epi32(low)), _mm256_set1_epi32(high));
}

/* The float quotient of integers below 2^24 never rounds up to the next integer. */
EDGEML_INLINE edgeml_target_avx2 __m256i edgeml_mean_avx2(__m256i sum, int32_t count) {
  const __m256i sign = _mm256_srai_epi32(sum, 31);
  const __m256i half = _mm256_sub_epi32(_mm256_xor_si256(_mm256_set1_epi32(count / 2), sign), sign);
  const __m256 real = _mm256_cvtepi32_ps(_mm256_add_epi32(sum, half));
  return _mm256_cvttps_epi32(_mm256_div_ps(real, _mm256_set1_ps((float)count)));
}

EDGEML_INLINE edgeml_target_avx2 __m256i edgeml_affine_avx2(__m256i sum, float scale, float offset) {
  __m256 real = _mm256_add_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sum), _mm256_set1_ps(scale)), _mm256_set1_ps(offset));
  real = _mm256_min_ps(_mm256_max_ps(real, _mm256_set1_ps(-128.0f)), _mm256_set1_ps(127.0f));
  return _mm256_cvtps_epi32(real);
}

typedef __m128i edgeml_bytes_avx2;

EDGEML_INLINE edgeml_target_avx2 __m128i edgeml_max_bytes_avx2(__m128i a, __m128i b) { return _mm_max_epi8(a, b); }

EDGEML_INLINE edgeml_target_avx2 __m128i edgeml_min_bytes_avx2(__m128i a, __m128i b) { return _mm_min_epi8(a, b); }

#define edgeml_load_bytes_avx2 edgeml_load_bytes_sse2
#define edgeml_splat_bytes_avx2 edgeml_splat_bytes_sse2
#define edgeml_put_bytes_avx2 edgeml_put_bytes_sse2

#define edgeml_lanes_avxvnni edgeml_lanes_avx2
#define edgeml_bias_row_avxvnni edgeml_bias_row_avx2
#define edgeml_wide_avxvnni edgeml_wide_avx2
#define edgeml_tall_avxvnni edgeml_tall_avx2
#define edgeml_tall_one_avxvnni edgeml_tall_one_avx2
#define edgeml_flat_avxvnni edgeml_flat_avx2
#define edgeml_vec_avxvnni edgeml_vec_avx2
#define edgeml_load_avxvnni edgeml_load_avx2
#define edgeml_store_avxvnni edgeml_store_avx2
#define edgeml_quad_avxvnni edgeml_quad_avx2
#define edgeml_flip_avxvnni edgeml_flip_avx2
#define edgeml_steps_avxvnni edgeml_steps_avx2
#define edgeml_put_avxvnni edgeml_put_avx2
#define edgeml_flip_bytes_avxvnni edgeml_flip_bytes_avx2
#define edgeml_quads_avxvnni edgeml_quads_avx2
#define edgeml_put_quads_avxvnni edgeml_put_quads_avx2
#define edgeml_widen_avxvnni edgeml_widen_avx2
#define edgeml_splat_avxvnni edgeml_splat_avx2
#define edgeml_plus_avxvnni edgeml_plus_avx2
#define edgeml_times_avxvnni edgeml_times_avx2
#define edgeml_shift_avxvnni edgeml_shift_avx2
#define edgeml_bound_avxvnni edgeml_bound_avx2
#define edgeml_mean_avxvnni edgeml_mean_avx2
#define edgeml_affine_avxvnni edgeml_affine_avx2
#define edgeml_bytes_avxvnni edgeml_bytes_avx2
#define edgeml_load_bytes_avxvnni edgeml_load_bytes_avx2
#define edgeml_max_bytes_avxvnni edgeml_max_bytes_avx2
#define edgeml_min_bytes_avxvnni edgeml_min_bytes_avx2
#define edgeml_splat_bytes_avxvnni edgeml_splat_bytes_avx2
#define edgeml_put_bytes_avxvnni edgeml_put_bytes_avx2

EDGEML_INLINE edgeml_target_avxvnni __m256i edgeml_dot4_avxvnni(__m256i sum, __m256i x, __m256i w) {
  return _mm256_dpbusd_avx_epi32(sum, x, w);
}

enum {
  edgeml_lanes_avx512 = 16,
  edgeml_bias_row_avx512 = 0,
  edgeml_wide_avx512 = 4,
  edgeml_tall_avx512 = 4,
  edgeml_tall_one_avx512 = 8,
  edgeml_flat_avx512 = 8
};

typedef __m512i edgeml_vec_avx512;

EDGEML_INLINE edgeml_target_avx512 __m512i edgeml_load_avx512(const void *from) { return _mm512_loadu_si512(from); }

EDGEML_INLINE edgeml_target_avx512 void edgeml_store_avx512(void *to, __m512i v) { _mm512_storeu_si512(to, v); }

EDGEML_INLINE edgeml_target_avx512 __m512i edgeml_quad_avx512(const uint8_t *from) {
  return _mm512_set1_epi32((int32_t)edgeml_load_word(from));
}

EDGEML_INLINE edgeml_target_avx512 __m512i edgeml_dot4_avx512(__m512i sum, __m512i x, __m512i w) {
  return _mm512_dpbusd_epi32(sum, x, w);
}

EDGEML_INLINE edgeml_target_avx512 __m512i edgeml_flip_avx512(__m512i x) {
  return _mm512_xor_si512(x, _mm512_set1_epi8(-128));
}

EDGEML_INLINE edgeml_target_avx512 __m512i edgeml_steps_avx512(__m512i sum, const float *scale,
                                                               const edgeml_simd_range *range) {
  __m512 real = _mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_loadu_ps(scale));
  real = _mm512_min_ps(_mm512_max_ps(real, _mm512_set1_ps(range->low)), _mm512_set1_ps(range->high));
  return _mm512_add_epi32(_mm512_cvtps_epi32(real), _mm512_set1_epi32(range->zero));
}

EDGEML_INLINE edgeml_target_avx512 void edgeml_put_avx512(int8_t *y, const __m512i *steps, int32_t count) {
  _mm_mask_storeu_epi8(y, (__mmask16)(0xFFFFu >> (16 - count)), _mm512_cvtepi32_epi8(steps[0]));
}

EDGEML_INLINE edgeml_target_avx512 void edgeml_flip_bytes_avx512(uint8_t *to, const int8_t *x, int32_t count) {
  int32_t i = 0;
  for (; i + 64 <= count; i += 64) edgeml_store_avx512(to + i, edgeml_flip_avx512(edgeml_load_avx512(x + i)));
  if (i < count) {
    const __mmask64 rest = ~(uint64_t)0 >> (64 - (count - i));
    _mm512_mask_storeu_epi8(to + i, rest, edgeml_flip_avx512(_mm512_maskz_loadu_epi8(rest, x + i)));
  }
}

EDGEML_INLINE edgeml_target_avx512 void edgeml_quads_avx512(__m512i *quads, __m512i a, __m512i b, __m512i c,
                                                            __m512i d) {
  const __m512i ab = _mm512_unpacklo_epi8(a, b), cd = _mm512_unpacklo_epi8(c, d);
  const __m512i ab_high = _mm512_unpackhi_epi8(a, b), cd_high = _mm512_unpackhi_epi8(c, d);
  quads[0] = _mm512_unpacklo_epi16(ab, cd);
  quads[1] = _mm512_unpackhi_epi16(ab, cd);
  quads[2] = _mm512_unpacklo_epi16(ab_high, cd_high);
  quads[3] = _mm512_unpackhi_epi16(ab_high, cd_high);
}

EDGEML_INLINE edgeml_target_avx512 void edgeml_put_quads_avx512(int8_t *y, const __m512i *steps, int32_t count) {
  const __m512i bytes =
      _mm512_packs_epi16(_mm512_packs_epi32(steps[0], steps[1]), _mm512_packs_epi32(steps[2], steps[3]));
  _mm512_mask_storeu_epi8(y, ~(uint64_t)0 >> (64 - count), bytes);
}

EDGEML_INLINE edgeml_target_avx512 __m512i edgeml_widen_avx512(const int8_t *from) {
  return _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)from));
}

EDGEML_INLINE edgeml_target_avx512 __m512i edgeml_splat_avx512(int32_t value) { return _mm512_set1_epi32(value); }

EDGEML_INLINE edgeml_target_avx512 __m512i edgeml_plus_avx512(__m512i a, __m512i b) { return _mm512_add_epi32(a, b); }

EDGEML_INLINE edgeml_target_avx512 __m512i edgeml_times_avx512(__m512i a, __m512i b) { return _mm512_mullo_epi32(a, b); }

EDGEML_INLINE edgeml_target_avx512 __m512i edgeml_shift_avx512(__m512i a, int32_t count) {
  return _mm512_sra_epi32(a, _mm_cvtsi32_si128(count));
}

EDGEML_INLINE edgeml_target_avx512 __m512i edgeml_bound_avx512(__m512i a, int32_t low, int32_t high) {
  return _mm512_min_epi32(_mm512_max_epi32(a, _mm512_set1_epi32(low)), _mm512_set1_epi32(high));
}

/* The float quotient of integers below 2^24 never rounds up to the next integer. */
EDGEML_INLINE edgeml_target_avx512 __m512i edgeml_mean_avx512(__m512i sum, int32_t count) {
  const __m512i sign = _mm512_srai_epi32(sum, 31);
  const __m512i half = _mm512_sub_epi32(_mm512_xor_si512(_mm512_set1_epi32(count / 2), sign), sign);
  const __m512 real = _mm512_cvtepi32_ps(_mm512_add_epi32(sum, half));
  return _mm512_cvttps_epi32(_mm512_div_ps(real, _mm512_set1_ps((float)count)));
}

EDGEML_INLINE edgeml_target_avx512 __m512i edgeml_affine_avx512(__m512i sum, float scale, float offset) {
  __m512 real = _mm512_add_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(scale)), _mm512_set1_ps(offset));
  real = _mm512_min_ps(_mm512_max_ps(real, _mm512_set1_ps(-128.0f)), _mm512_set1_ps(127.0f));
  return _mm512_cvtps_epi32(real);
}

#define edgeml_bytes_avx512 edgeml_bytes_avx2
#define edgeml_load_bytes_avx512 edgeml_load_bytes_avx2
#define edgeml_max_bytes_avx512 edgeml_max_bytes_avx2
#define edgeml_min_bytes_avx512 edgeml_min_bytes_avx2
#define edgeml_splat_bytes_avx512 edgeml_splat_bytes_avx2
#define edgeml_put_bytes_avx512 edgeml_put_bytes_avx2

#endif
