/* reduce_simd_s8.c for one level of simd.h. No guard: that file defines EDGEML_LEVEL. */

/* `count` (1..16) neighbours, from `x` on. */
EDGEML_INLINE EDGEML_V(target) void EDGEML_V(sixteen)(const edgeml_reduce_simd_s8_params *p, const int8_t *x, int8_t *y,
                                                      int32_t count) {
  enum { PER_BLOCK = 16 / EDGEML_V(lanes) };
  const int32_t *const n = p->reduce_shape, *const step = p->reduce_stride;
  int8_t some[16] = {0};
  EDGEML_V(vec) sum[PER_BLOCK];
  EDGEML_UNROLL
  for (int v = 0; v < PER_BLOCK; ++v) sum[v] = EDGEML_V(splat)(0);
  for (int32_t i = 0; i < n[0]; ++i)
    for (int32_t j = 0; j < n[1]; ++j)
      for (int32_t k = 0; k < n[2]; ++k) {
        const int8_t *from = x + i * step[0] + j * step[1] + k * step[2];
        if (count < 16) {
          for (int32_t c = 0; c < count; ++c) some[c] = from[c];
          from = some;
        }
        EDGEML_UNROLL
        for (int v = 0; v < PER_BLOCK; ++v)
          sum[v] = EDGEML_V(plus)(sum[v], EDGEML_V(widen)(from + v * EDGEML_V(lanes)));
      }
  EDGEML_UNROLL
  for (int v = 0; v < PER_BLOCK; ++v) sum[v] = EDGEML_V(affine)(sum[v], p->scale, p->offset);
  EDGEML_V(put)(y, sum, count);
}

EDGEML_V(target) static void EDGEML_V(reduce)(const edgeml_reduce_simd_s8_params *p, const int8_t *restrict x,
                                              int8_t *restrict y) {
  const int32_t channels = p->shape[2];
  for (int32_t i = 0; i < p->shape[0]; ++i)
    for (int32_t j = 0; j < p->shape[1]; ++j, y += channels) {
      const int8_t *const from = x + i * p->stride[0] + j * p->stride[1];
      for (int32_t c = 0; c < channels; c += 16)
        EDGEML_V(sixteen)(p, from + c, y + c, channels - c < 16 ? channels - c : 16);
    }
}
