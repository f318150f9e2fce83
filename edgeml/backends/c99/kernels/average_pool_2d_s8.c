#include "average_pool_2d_s8.h"

#include "requantize.h"
#include "window.h"

void edgeml_average_pool_2d_s8(const edgeml_average_pool_2d_s8_params *params, const int8_t *x, int8_t *y) {
  const int32_t channels = params->channels, row = params->input_w * channels;
  for (int32_t oy = 0; oy < params->output_h; ++oy) {
    const int32_t y0 = oy * params->stride_h - params->pad_top;
    const edgeml_taps rows = edgeml_clip_taps(y0, 1, params->kernel_h, params->input_h);
    for (int32_t ox = 0; ox < params->output_w; ++ox) {
      const int32_t x0 = ox * params->stride_w - params->pad_left;
      const edgeml_taps columns = edgeml_clip_taps(x0, 1, params->kernel_w, params->input_w);
      const int8_t *first = x + (y0 + rows.begin) * row + (x0 + columns.begin) * channels;
      const int32_t wide = columns.end - columns.begin, high = rows.end - rows.begin;
      const int32_t count = wide * high;
      for (int32_t c = 0; c < channels; ++c, ++first) {
        const int8_t *in = first;
        int32_t sum = 0;
        for (int32_t i = high; i > 0; --i, in += row - wide * channels)
          for (int32_t j = wide; j > 0; --j, in += channels) sum += *in;
        const int32_t rounded = (sum < 0 ? sum - count / 2 : sum + count / 2) / count;
        *y++ = (int8_t)edgeml_clamp_s32(rounded, params->activation_min, params->activation_max);
      }
    }
  }
}
