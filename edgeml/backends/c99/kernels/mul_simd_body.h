/* mul_simd_s8.c for one level of simd.h. No guard: that file defines EDGEML_LEVEL. */

/* `count` (1..16) products; a and b can be read 16 bytes wide. */
EDGEML_INLINE EDGEML_V(target) void EDGEML_V(sixteen)(const edgeml_mul_simd_s8_params *p, const int8_t *a,
                                                      const int8_t *b, int8_t *y, int32_t count) {
  enum { PER_BLOCK = 16 / EDGEML_V(lanes) };
  const int32_t zero = p->output_zero_point;
  const edgeml_simd_range range = {(float)(p->activation_min - zero), (float)(p->activation_max - zero), zero};
  float scale[EDGEML_V(lanes)];
  EDGEML_V(vec) product[PER_BLOCK];
  for (int v = 0; v < EDGEML_V(lanes); ++v) scale[v] = p->scale;
  EDGEML_UNROLL
  for (int v = 0; v < PER_BLOCK; ++v) {
    const EDGEML_V(vec) x = EDGEML_V(plus)(EDGEML_V(widen)(a + v * EDGEML_V(lanes)), EDGEML_V(splat)(-p->a_zero_point));
    const EDGEML_V(vec) z = EDGEML_V(plus)(EDGEML_V(widen)(b + v * EDGEML_V(lanes)), EDGEML_V(splat)(-p->b_zero_point));
    product[v] = EDGEML_V(steps)(EDGEML_V(times)(x, z), scale, &range);
  }
  EDGEML_V(put)(y, product, count);
}

EDGEML_V(target) static void EDGEML_V(mul_row)(const edgeml_mul_simd_s8_params *p, const int8_t *restrict a,
                                               int32_t step_a, const int8_t *restrict b, int32_t step_b,
                                               int8_t *restrict y, int32_t count) {
  int8_t some_a[16], some_b[16];
  int32_t i = 0;
  for (int32_t k = 0; k < 16; ++k) {
    some_a[k] = a[0];
    some_b[k] = b[0];
  }
  for (; i + 16 <= count; i += 16)
    EDGEML_V(sixteen)(p, step_a != 0 ? a + i : some_a, step_b != 0 ? b + i : some_b, y + i, 16);
  if (i == count) return;
  for (int32_t k = 0; k < count - i; ++k) {
    some_a[k] = a[(i + k) * step_a];
    some_b[k] = b[(i + k) * step_b];
  }
  EDGEML_V(sixteen)(p, some_a, some_b, y + i, count - i);
}

EDGEML_V(target) static void EDGEML_V(mul)(const edgeml_mul_simd_s8_params *p, const int8_t *restrict a,
                                           const int8_t *restrict b, int8_t *restrict y) {
  const int32_t *const n = p->shape, *const sa = p->stride_a, *const sb = p->stride_b;
  for (int32_t i = 0; i < n[0]; ++i)
    for (int32_t j = 0; j < n[1]; ++j)
      for (int32_t k = 0; k < n[2]; ++k, y += n[3])
        EDGEML_V(mul_row)(p, a + i * sa[0] + j * sa[1] + k * sa[2], sa[3], b + i * sb[0] + j * sb[1] + k * sb[2], sb[3],
                          y, n[3]);
}
