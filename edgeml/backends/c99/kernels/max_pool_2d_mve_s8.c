#include "max_pool_2d_mve_s8.h"

#include "mve.h"
#include "window.h"

/* The largest of `count` <= 16 channels over a window, clamped, to y; `skip` bytes from the end of a row to the next. */
static void largest16(const edgeml_max_pool_2d_mve_s8_params *p, const int8_t *x, int32_t rows, int32_t columns,
                      int32_t skip, int32_t count, int8_t *y) {
#if EDGEML_MVE
  const mve_pred16_t valid = vctp8q((uint32_t)count);
  int8x16_t largest = vdupq_n_s8((int8_t)p->activation_min);
  for (; rows > 0; --rows, x += skip)
    for (int32_t j = columns; j > 0; --j, x += p->channels) largest = vmaxq_s8(largest, vldrbq_z_s8(x, valid));
  vstrbq_p_s8(y, vminq_s8(largest, vdupq_n_s8((int8_t)p->activation_max)), valid);
#else
  for (int32_t c = 0; c < count; ++c) {
    const int8_t *in = x + c;
    int32_t largest = p->activation_min;
    for (int32_t i = rows; i > 0; --i, in += skip)
      for (int32_t j = columns; j > 0; --j, in += p->channels) largest = *in > largest ? *in : largest;
    y[c] = (int8_t)edgeml_clamp_s32(largest, p->activation_min, p->activation_max);
  }
#endif
}

void edgeml_max_pool_2d_mve_s8(const edgeml_max_pool_2d_mve_s8_params *params, const int8_t *restrict x,
                               int8_t *restrict y) {
  const int32_t channels = params->channels, row = params->input_w * channels;
  for (int32_t oy = 0; oy < params->output_h; ++oy) {
    const int32_t y0 = oy * params->stride_h - params->pad_top;
    const edgeml_taps rows = edgeml_clip_taps(y0, 1, params->kernel_h, params->input_h);
    for (int32_t ox = 0; ox < params->output_w; ++ox, y += channels) {
      const int32_t x0 = ox * params->stride_w - params->pad_left;
      const edgeml_taps columns = edgeml_clip_taps(x0, 1, params->kernel_w, params->input_w);
      const int8_t *first = x + (y0 + rows.begin) * row + (x0 + columns.begin) * channels;
      const int32_t wide = columns.end - columns.begin;
      for (int32_t c = 0; c < channels; c += 16)
        largest16(params, first + c, rows.end - rows.begin, wide, row - wide * channels,
                  channels - c < 16 ? channels - c : 16, y + c);
    }
  }
}
