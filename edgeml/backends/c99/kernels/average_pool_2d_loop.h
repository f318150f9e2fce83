/* The loop of average pooling in any element type. No guard: the kernel's .c file defines
 *   EDGEML_KERNEL   its function
 *   EDGEML_PARAMS   its parameters, with the fields of edgeml_average_pool_2d_f32_params
 *   EDGEML_ELEMENT  element type of x and y
 *   EDGEML_SUM      type to compute in
 *   finish(params, sum, count)  one result
 * and includes this file last. */

void EDGEML_KERNEL(const EDGEML_PARAMS *params, const EDGEML_ELEMENT *x, EDGEML_ELEMENT *y) {
  const int32_t channels = params->channels, row = params->input_w * channels;
  for (int32_t oy = 0; oy < params->output_h; ++oy) {
    const int32_t y0 = oy * params->stride_h - params->pad_top;
    const edgeml_taps rows = edgeml_clip_taps(y0, 1, params->kernel_h, params->input_h);
    for (int32_t ox = 0; ox < params->output_w; ++ox) {
      const int32_t x0 = ox * params->stride_w - params->pad_left;
      const edgeml_taps columns = edgeml_clip_taps(x0, 1, params->kernel_w, params->input_w);
      const EDGEML_ELEMENT *first = x + (y0 + rows.begin) * row + (x0 + columns.begin) * channels;
      const int32_t wide = columns.end - columns.begin, high = rows.end - rows.begin;
      const int32_t count = wide * high;
      for (int32_t c = 0; c < channels; ++c, ++first) {
        const EDGEML_ELEMENT *in = first;
        EDGEML_SUM sum = 0;
        for (int32_t i = high; i > 0; --i, in += row - wide * channels)
          for (int32_t j = wide; j > 0; --j, in += channels) sum += *in;
        *y++ = finish(params, sum, count);
      }
    }
  }
}
