#include "conv_2d_dsp_s16.h"

#include "compiler.h"
#include "dsp.h"

/* sums[pixel][channel] += x[pixel] . w[channel]; each pixel has 4 * fours inputs, w 8 * fours bytes. */
EDGEML_NOINLINE static void dot_2x2(const int16_t *x0, const int16_t *x1, const int8_t *w, int32_t fours,
                                               int32_t sums[2][2]) {
  int32_t s00 = sums[0][0], s01 = sums[0][1], s10 = sums[1][0], s11 = sums[1][1];
  for (; fours > 0; --fours, x0 += 4, x1 += 4, w += 8) {
    const uint32_t first = edgeml_load_word(w), second = edgeml_load_word(w + 4);
    const uint32_t p = edgeml_sxtb16(first), q = edgeml_sxtb16(second);
    const uint32_t a = edgeml_load_word(x0), b = edgeml_load_word(x1);
    s00 = edgeml_smlad(a, p, s00);
    s01 = edgeml_smlad(a, q, s01);
    s10 = edgeml_smlad(b, p, s10);
    s11 = edgeml_smlad(b, q, s11);
    const uint32_t r = edgeml_sxtb16_odd(first), t = edgeml_sxtb16_odd(second);
    const uint32_t c = edgeml_load_word(x0 + 2), d = edgeml_load_word(x1 + 2);
    s00 = edgeml_smlad(c, r, s00);
    s01 = edgeml_smlad(c, t, s01);
    s10 = edgeml_smlad(d, r, s10);
    s11 = edgeml_smlad(d, t, s11);
  }
  sums[0][0] = s00;
  sums[0][1] = s01;
  sums[1][0] = s10;
  sums[1][1] = s11;
}

static int16_t *zeros(int16_t *to, int32_t count) {
  for (; count > 0; --count) *to++ = 0;
  return to;
}

static int16_t *copy(int16_t *to, const int16_t *from, int32_t count) {
  for (; count > 1; count -= 2, to += 2, from += 2) edgeml_store_word(to, edgeml_load_word(from));
  if (count > 0) *to++ = *from;
  return to;
}

/* The window of output pixel (oy, ox), zeros where it lies in the padding and behind it. */
static const int16_t *window(const edgeml_conv_2d_dsp_s16_params *params, const int16_t *x, int32_t oy, int32_t ox,
                             int32_t size, int16_t *to) {
  const int32_t channels = params->input_c, whole = params->kernel_h * params->kernel_w * channels;
  const int32_t top = oy * params->stride_h - params->pad_top, left = ox * params->stride_w - params->pad_left;
  if (params->kernel_h == 1 && params->kernel_w == 1 && whole == size && top >= 0 && top < params->input_h &&
      left >= 0 && left < params->input_w)
    return x + (top * params->input_w + left) * channels;
  const int16_t *const window = to;
  for (int32_t i = 0; i < params->kernel_h; ++i) {
    const int32_t row = top + i * params->dilation_h;
    const int32_t inside = row >= 0 && row < params->input_h;
    for (int32_t j = 0; j < params->kernel_w; ++j) {
      const int32_t column = left + j * params->dilation_w;
      if (inside && column >= 0 && column < params->input_w)
        to = copy(to, x + (row * params->input_w + column) * channels, channels);
      else
        to = zeros(to, channels);
    }
  }
  (void)zeros(to, size - whole);
  return window;
}

static int16_t result(const edgeml_conv_2d_dsp_s16_params *params, int32_t sum, edgeml_factor_s16 factor) {
  return (int16_t)edgeml_rescale_s64(sum, factor, params->activation_min, params->activation_max);
}

void edgeml_conv_2d_dsp_s16(const edgeml_conv_2d_dsp_s16_params *params, const int16_t *restrict x,
                            const int8_t *restrict stream, const int32_t *restrict bias,
                            const edgeml_factor_s16 *restrict factor, int16_t *restrict scratch, int16_t *restrict y) {
  const int32_t outputs = params->output_c, width = params->output_w, pixels = params->output_h * width;
  const int32_t fours = (params->kernel_h * params->kernel_w * params->input_c + 3) >> 2;
  int32_t oy = 0, ox = 0;
  for (int32_t pixel = 0; pixel < pixels; pixel += 2, y += 2 * outputs) {
    const int32_t two = pixel + 1 < pixels;
    const int16_t *const first = window(params, x, oy, ox, 4 * fours, scratch);
    if (++ox == width) {
      ox = 0;
      ++oy;
    }
    const int16_t *const second = two ? window(params, x, oy, ox, 4 * fours, scratch + 4 * fours) : first;
    if (++ox == width) {
      ox = 0;
      ++oy;
    }
    const int8_t *w = stream;
    for (int32_t o = 0; o < outputs; o += 2, w += 8 * fours) {
      int32_t sums[2][2] = {{bias[o], bias[o + 1]}, {bias[o], bias[o + 1]}};
      dot_2x2(first, second, w, fours, sums);
      y[o] = result(params, sums[0][0], factor[o]);
      if (two) y[outputs + o] = result(params, sums[1][0], factor[o]);
      if (o + 1 == outputs) break;
      y[o + 1] = result(params, sums[0][1], factor[o + 1]);
      if (two) y[outputs + o + 1] = result(params, sums[1][1], factor[o + 1]);
    }
  }
}
