/* max_pool_2d_simd_s8.c for one level of simd.h. No guard: that file defines EDGEML_LEVEL. */

EDGEML_V(target) static void EDGEML_V(max_pool)(const edgeml_max_pool_2d_simd_s8_params *p, const int8_t *restrict x,
                                                int8_t *restrict y) {
  const int32_t channels = p->channels, row = p->input_w * channels;
  for (int32_t oy = 0; oy < p->output_h; ++oy) {
    const int32_t y0 = oy * p->stride_h - p->pad_top;
    const edgeml_taps rows = edgeml_clip_taps(y0, 1, p->kernel_h, p->input_h);
    for (int32_t ox = 0; ox < p->output_w; ++ox, y += channels) {
      const int32_t x0 = ox * p->stride_w - p->pad_left;
      const edgeml_taps columns = edgeml_clip_taps(x0, 1, p->kernel_w, p->input_w);
      const int8_t *const first = x + (y0 + rows.begin) * row + (x0 + columns.begin) * channels;
      const int32_t wide = columns.end - columns.begin, high = rows.end - rows.begin;
      for (int32_t c = 0; c < channels; c += 16) {
        const int32_t count = channels - c < 16 ? channels - c : 16;
        int8_t some[16] = {0};
        EDGEML_V(bytes) largest = EDGEML_V(splat_bytes)((int8_t)p->activation_min);
        for (int32_t i = 0; i < high; ++i) {
          const int8_t *in = first + i * row + c;
          for (int32_t j = 0; j < wide; ++j, in += channels) {
            const int8_t *from = in;
            if (count < 16) {
              for (int32_t k = 0; k < count; ++k) some[k] = in[k];
              from = some;
            }
            largest = EDGEML_V(max_bytes)(largest, EDGEML_V(load_bytes)(from));
          }
        }
        largest = EDGEML_V(min_bytes)(largest, EDGEML_V(splat_bytes)((int8_t)p->activation_max));
        EDGEML_V(put_bytes)(y + c, largest, count);
      }
    }
  }
}
