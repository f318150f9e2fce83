/* average_pool_2d_simd_s8.c for one level of simd.h. No guard: that file defines EDGEML_LEVEL. */

EDGEML_V(target) static void EDGEML_V(average_pool)(const edgeml_average_pool_2d_simd_s8_params *p, const int8_t *restrict x,
                                                int8_t *restrict y) {
  enum { PER_BLOCK = 16 / EDGEML_V(lanes) };
  const int32_t channels = p->channels, row = p->input_w * channels;
  for (int32_t oy = 0; oy < p->output_h; ++oy) {
    const int32_t y0 = oy * p->stride_h - p->pad_top;
    const edgeml_taps rows = edgeml_clip_taps(y0, 1, p->kernel_h, p->input_h);
    for (int32_t ox = 0; ox < p->output_w; ++ox, y += channels) {
      const int32_t x0 = ox * p->stride_w - p->pad_left;
      const edgeml_taps columns = edgeml_clip_taps(x0, 1, p->kernel_w, p->input_w);
      const int8_t *const first = x + (y0 + rows.begin) * row + (x0 + columns.begin) * channels;
      const int32_t wide = columns.end - columns.begin, high = rows.end - rows.begin, all = wide * high;
      for (int32_t c = 0; c < channels; c += 16) {
        const int32_t count = channels - c < 16 ? channels - c : 16;
        int8_t some[16] = {0};
        EDGEML_V(vec) sum[PER_BLOCK];
        EDGEML_UNROLL
        for (int v = 0; v < PER_BLOCK; ++v) sum[v] = EDGEML_V(splat)(0);
        for (int32_t i = 0; i < high; ++i) {
          const int8_t *in = first + i * row + c;
          for (int32_t j = 0; j < wide; ++j, in += channels) {
            const int8_t *from = in;
            if (count < 16) {
              for (int32_t k = 0; k < count; ++k) some[k] = in[k];
              from = some;
            }
            EDGEML_UNROLL
            for (int v = 0; v < PER_BLOCK; ++v)
              sum[v] = EDGEML_V(plus)(sum[v], EDGEML_V(widen)(from + v * EDGEML_V(lanes)));
          }
        }
        EDGEML_UNROLL
        for (int v = 0; v < PER_BLOCK; ++v)
          sum[v] = EDGEML_V(bound)(EDGEML_V(mean)(sum[v], all), p->activation_min, p->activation_max);
        EDGEML_V(put)(y + c, sum, count);
      }
    }
  }
}
