/* The operations of simd.h (described in simd_portable.h) with what every x86-64 has: SSE2. */
#ifndef EDGEML_SIMD_SSE2_H
#define EDGEML_SIMD_SSE2_H

#include <emmintrin.h>

#define edgeml_target_sse2

enum {
  edgeml_lanes_sse2 = 4,
  edgeml_bias_row_sse2 = 0,
  edgeml_wide_sse2 = 1,
  edgeml_tall_sse2 = 2,
  edgeml_tall_one_sse2 = 2,
  edgeml_flat_sse2 = 2
};

typedef __m128i edgeml_vec_sse2;

EDGEML_INLINE __m128i edgeml_load_sse2(const void *from) { return _mm_loadu_si128((const __m128i *)from); }

EDGEML_INLINE void edgeml_store_sse2(void *to, __m128i v) { _mm_storeu_si128((__m128i *)to, v); }

EDGEML_INLINE __m128i edgeml_quad_sse2(const uint8_t *from) { return _mm_set1_epi32((int32_t)edgeml_load_word(from)); }

/* Even and odd bytes as 16-bit numbers, whose pairs of products are exact in 32 bits. */
EDGEML_INLINE __m128i edgeml_dot4_sse2(__m128i sum, __m128i x, __m128i w) {
  const __m128i even = _mm_and_si128(x, _mm_set1_epi16(0xFF)), odd = _mm_srli_epi16(x, 8);
  const __m128i w_even = _mm_srai_epi16(_mm_slli_epi16(w, 8), 8), w_odd = _mm_srai_epi16(w, 8);
  return _mm_add_epi32(_mm_add_epi32(sum, _mm_madd_epi16(even, w_even)), _mm_madd_epi16(odd, w_odd));
}

EDGEML_INLINE __m128i edgeml_flip_sse2(__m128i x) { return _mm_xor_si128(x, _mm_set1_epi8(-128)); }

EDGEML_INLINE void edgeml_flip_bytes_sse2(uint8_t *to, const int8_t *x, int32_t count) {
  int32_t i = 0;
  for (; i + 16 <= count; i += 16) edgeml_store_sse2(to + i, edgeml_flip_sse2(edgeml_load_sse2(x + i)));
  for (; i < count; ++i) to[i] = (uint8_t)((uint8_t)x[i] ^ 0x80u);
}

EDGEML_INLINE void edgeml_quads_sse2(__m128i *quads, __m128i a, __m128i b, __m128i c, __m128i d) {
  const __m128i ab = _mm_unpacklo_epi8(a, b), cd = _mm_unpacklo_epi8(c, d);
  const __m128i ab_high = _mm_unpackhi_epi8(a, b), cd_high = _mm_unpackhi_epi8(c, d);
  quads[0] = _mm_unpacklo_epi16(ab, cd);
  quads[1] = _mm_unpackhi_epi16(ab, cd);
  quads[2] = _mm_unpacklo_epi16(ab_high, cd_high);
  quads[3] = _mm_unpackhi_epi16(ab_high, cd_high);
}

EDGEML_INLINE __m128i edgeml_steps_sse2(__m128i sum, const float *scale, const edgeml_simd_range *range) {
  __m128 real = _mm_mul_ps(_mm_cvtepi32_ps(sum), _mm_loadu_ps(scale));
  real = _mm_min_ps(_mm_max_ps(real, _mm_set1_ps(range->low)), _mm_set1_ps(range->high));
  return _mm_add_epi32(_mm_cvtps_epi32(real), _mm_set1_epi32(range->zero));
}

EDGEML_INLINE __m128i edgeml_widen_sse2(const int8_t *from) {
  const __m128i four = _mm_cvtsi32_si128((int32_t)edgeml_load_word(from)), twice = _mm_unpacklo_epi8(four, four);
  return _mm_srai_epi32(_mm_unpacklo_epi16(twice, twice), 24);
}

EDGEML_INLINE __m128i edgeml_splat_sse2(int32_t value) { return _mm_set1_epi32(value); }

EDGEML_INLINE __m128i edgeml_plus_sse2(__m128i a, __m128i b) { return _mm_add_epi32(a, b); }

EDGEML_INLINE __m128i edgeml_times_sse2(__m128i a, __m128i b) {
  const __m128i even = _mm_mul_epu32(a, b), odd = _mm_mul_epu32(_mm_srli_epi64(a, 32), _mm_srli_epi64(b, 32));
  return _mm_unpacklo_epi32(_mm_shuffle_epi32(even, 0x08), _mm_shuffle_epi32(odd, 0x08));
}

EDGEML_INLINE __m128i edgeml_shift_sse2(__m128i a, int32_t count) { return _mm_sra_epi32(a, _mm_cvtsi32_si128(count)); }

/* a where the mask is set, b elsewhere */
EDGEML_INLINE __m128i edgeml_select_sse2(__m128i mask, __m128i a, __m128i b) {
  return _mm_or_si128(_mm_and_si128(mask, a), _mm_andnot_si128(mask, b));
}

EDGEML_INLINE __m128i edgeml_bound_sse2(__m128i a, int32_t low, int32_t high) {
  const __m128i least = _mm_set1_epi32(low), most = _mm_set1_epi32(high);
  a = edgeml_select_sse2(_mm_cmpgt_epi32(a, least), a, least);
  return edgeml_select_sse2(_mm_cmpgt_epi32(most, a), a, most);
}

/* The float quotient of integers below 2^24 never rounds up to the next integer. */
EDGEML_INLINE __m128i edgeml_mean_sse2(__m128i sum, int32_t count) {
  const __m128i sign = _mm_srai_epi32(sum, 31);
  const __m128i half = _mm_sub_epi32(_mm_xor_si128(_mm_set1_epi32(count / 2), sign), sign);
  return _mm_cvttps_epi32(_mm_div_ps(_mm_cvtepi32_ps(_mm_add_epi32(sum, half)), _mm_set1_ps((float)count)));
}

EDGEML_INLINE __m128i edgeml_affine_sse2(__m128i sum, float scale, float offset) {
  __m128 real = _mm_add_ps(_mm_mul_ps(_mm_cvtepi32_ps(sum), _mm_set1_ps(scale)), _mm_set1_ps(offset));
  real = _mm_min_ps(_mm_max_ps(real, _mm_set1_ps(-128.0f)), _mm_set1_ps(127.0f));
  return _mm_cvtps_epi32(real);
}

typedef __m128i edgeml_bytes_sse2;

EDGEML_INLINE __m128i edgeml_load_bytes_sse2(const int8_t *from) { return edgeml_load_sse2(from); }

EDGEML_INLINE __m128i edgeml_max_bytes_sse2(__m128i a, __m128i b) {
  return edgeml_select_sse2(_mm_cmpgt_epi8(a, b), a, b);
}

EDGEML_INLINE __m128i edgeml_min_bytes_sse2(__m128i a, __m128i b) {
  return edgeml_select_sse2(_mm_cmpgt_epi8(a, b), b, a);
}

EDGEML_INLINE __m128i edgeml_splat_bytes_sse2(int8_t value) { return _mm_set1_epi8(value); }

/* The first `count` of 16 bytes. */
EDGEML_INLINE void edgeml_put_bytes_sse2(int8_t *y, __m128i bytes, int32_t count) {
  int8_t all[16];
  if (count == 16) {
    edgeml_store_sse2(y, bytes);
    return;
  }
  edgeml_store_sse2(all, bytes);
  for (int32_t i = 0; i < count; ++i) y[i] = all[i];
}

EDGEML_INLINE void edgeml_put_sse2(int8_t *y, const __m128i *steps, int32_t count) {
  const __m128i low = _mm_packs_epi32(steps[0], steps[1]), high = _mm_packs_epi32(steps[2], steps[3]);
  edgeml_put_bytes_sse2(y, _mm_packs_epi16(low, high), count);
}

EDGEML_INLINE void edgeml_put_quads_sse2(int8_t *y, const __m128i *steps, int32_t count) {
  edgeml_put_sse2(y, steps, count);
}

#endif
