#include "average_pool_2d_mve_s8.h"

#include "mve.h"
#include "window.h"

/* Sums of four channels over a window; `skip` bytes from the end of a row to the next one. */
static inline edgeml_x4 window_sums(const int8_t *x, int32_t rows, int32_t columns, int32_t channels, int32_t skip) {
  edgeml_x4 sums = edgeml_all_x4(0);
  for (; rows > 0; --rows, x += skip)
    for (int32_t j = columns; j > 0; --j, x += channels) sums = edgeml_add_x4(sums, edgeml_load_s8x4(x));
  return sums;
}

static inline int8_t mean(int32_t sum, int32_t count, int32_t min, int32_t max) {
  const int32_t rounded = (sum < 0 ? sum - count / 2 : sum + count / 2) / count;
  return (int8_t)edgeml_clamp_s32(rounded, min, max);
}

void edgeml_average_pool_2d_mve_s8(const edgeml_average_pool_2d_mve_s8_params *params, const int8_t *restrict x,
                                   int8_t *restrict y) {
  const int32_t channels = params->channels, row = params->input_w * channels;
  for (int32_t oy = 0; oy < params->output_h; ++oy) {
    const int32_t y0 = oy * params->stride_h - params->pad_top;
    const edgeml_taps rows = edgeml_clip_taps(y0, 1, params->kernel_h, params->input_h);
    for (int32_t ox = 0; ox < params->output_w; ++ox) {
      const int32_t x0 = ox * params->stride_w - params->pad_left;
      const edgeml_taps columns = edgeml_clip_taps(x0, 1, params->kernel_w, params->input_w);
      const int8_t *first = x + (y0 + rows.begin) * row + (x0 + columns.begin) * channels;
      const int32_t wide = columns.end - columns.begin, high = rows.end - rows.begin;
      const int32_t count = wide * high, skip = row - wide * channels;
      int32_t c = 0, sums[4];
      for (; c + 4 <= channels; c += 4, first += 4) {
        edgeml_store_x4(sums, window_sums(first, high, wide, channels, skip));
        for (int32_t i = 0; i < 4; ++i) *y++ = mean(sums[i], count, params->activation_min, params->activation_max);
      }
      for (; c < channels; ++c, ++first) {
        const int8_t *in = first;
        int32_t sum = 0;
        for (int32_t i = high; i > 0; --i, in += skip)
          for (int32_t j = wide; j > 0; --j, in += channels) sum += *in;
        *y++ = mean(sum, count, params->activation_min, params->activation_max);
      }
    }
  }
}
