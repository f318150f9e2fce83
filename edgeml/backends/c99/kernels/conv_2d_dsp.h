/* The body of the conv_2d_dsp kernels; see block_dsp_s8.h for EDGEML_WIDE.
 *
 * The windows of four output pixels are laid side by side as int16, padding as the input's zero point, which the bias
 * accounts for; so every kernel, stride, dilation and padding ends in the same inner loop. */
#ifndef EDGEML_CONV_2D_DSP_H
#define EDGEML_CONV_2D_DSP_H

#include "block_dsp_s8.h"
#include "conv_2d_dsp_s8.h"

typedef struct {
  int32_t y, x; /* input coordinates of tap (0, 0); negative in the padding */
} edgeml_place;

static inline int8_t *edgeml_put(int8_t *to, const int8_t *from, int32_t count) {
  for (; count >= 4; count -= 4, to += 4, from += 4) edgeml_store_word(to, edgeml_load_word(from));
  for (; count > 0; --count) *to++ = *from++;
  return to;
}

static inline int8_t *edgeml_fill(int8_t *to, int32_t value, int32_t count) {
  for (; count > 0; --count) *to++ = (int8_t)value;
  return to;
}

/* One row of a window, its taps in the padding as the zero point; the end. */
EDGEML_NOINLINE static int8_t *edgeml_gather_row(const edgeml_conv_2d_dsp_s8_params *p, const int8_t *x, int32_t at_y,
                                                 int32_t at_x, int8_t *to) {
  const int32_t c = p->input_c;
  if (at_y < 0 || at_y >= p->input_h) return edgeml_fill(to, p->input_zero_point, p->kernel_w * c);
  x += at_y * p->input_w * c;
  for (int32_t j = p->kernel_w; j > 0; --j, at_x += p->dilation_w)
    to = at_x >= 0 && at_x < p->input_w ? edgeml_put(to, x + at_x * c, c) : edgeml_fill(to, p->input_zero_point, c);
  return to;
}

/* The row `i` of the window lies in the image as it is: one run of bytes. */
static inline int32_t edgeml_is_run(const edgeml_conv_2d_dsp_s8_params *p, int32_t at_y, int32_t at_x) {
  return at_y >= 0 && at_y < p->input_h && at_x >= 0 && at_x + p->kernel_w <= p->input_w && p->dilation_w == 1;
}

/* Windows of whole rows of words: a row is read where it lies, unless it meets the padding. */
static void edgeml_expand_rows(const edgeml_conv_2d_dsp_s8_params *p, const int8_t *x, const edgeml_place at[4],
                               int8_t *bytes, uint32_t *to) {
  const int32_t run = p->kernel_w * p->input_c;
  for (int32_t i = 0; i < p->kernel_h * p->dilation_h; i += p->dilation_h) {
    const int8_t *from[4];
    for (int32_t n = 0; n < 4; ++n) {
      const int32_t at_y = at[n].y + i;
      if (edgeml_is_run(p, at_y, at[n].x)) {
        from[n] = x + (at_y * p->input_w + at[n].x) * p->input_c;
      } else {
        from[n] = bytes + n * run;
        edgeml_gather_row(p, x, at_y, at[n].x, bytes + n * run);
      }
    }
    to = edgeml_block_expand(from, run, to);
  }
}

/* Any windows, `k` bytes each with what fills the last word: copied first. */
static void edgeml_expand_any(const edgeml_conv_2d_dsp_s8_params *p, const int8_t *x, const edgeml_place at[4],
                              int32_t k, int8_t *bytes, uint32_t *to) {
  const int32_t run = p->kernel_w * p->input_c;
  const int8_t *const from[4] = {bytes, bytes + k, bytes + 2 * k, bytes + 3 * k};
  for (int32_t n = 0; n < 4; ++n) {
    int8_t *end = bytes + n * k;
    for (int32_t i = 0; i < p->kernel_h * p->dilation_h; i += p->dilation_h) {
      const int32_t at_y = at[n].y + i;
      if (edgeml_is_run(p, at_y, at[n].x))
        end = edgeml_put(end, x + (at_y * p->input_w + at[n].x) * p->input_c, run);
      else
        end = edgeml_gather_row(p, x, at_y, at[n].x, end);
    }
    edgeml_fill(end, 0, (int32_t)(bytes + (n + 1) * k - end));
  }
  edgeml_block_expand(from, k, to);
}

static void edgeml_clamp(int8_t *y, int32_t count, int32_t min, int32_t max) {
  for (; count > 0; --count, ++y) *y = (int8_t)edgeml_clamp_s32(*y, min, max);
}

/* 1x1 windows side by side, whole words: read where they lie. */
static inline int32_t edgeml_is_pointwise(const edgeml_conv_2d_dsp_s8_params *p) {
  return p->kernel_h == 1 && p->kernel_w == 1 && p->stride_h == 1 && p->stride_w == 1 && p->input_c % 4 == 0 &&
         p->output_h == p->input_h && p->output_w == p->input_w;
}

static void edgeml_conv_2d_dsp(const edgeml_conv_2d_dsp_s8_params *p, const int8_t *x, const int32_t *stream,
                               void *scratch, int8_t *y) {
  const int32_t window = p->kernel_h * p->kernel_w * p->input_c, k = (window + 3) & ~3;
  const int32_t rows = p->kernel_w * p->input_c % 4 == 0, pixels = p->output_h * p->output_w;
  const int32_t pointwise = edgeml_is_pointwise(p);
  uint32_t *const words = scratch;
  int8_t *const bytes = (int8_t *)(words + 2 * k);
  edgeml_block block = edgeml_block_prepare(words, k, stream, p->output_c, p->output_zero_point);
  edgeml_place next = {-p->pad_top, -p->pad_left};
  int32_t column = 0;
  int8_t *to = y;
  for (int32_t done = 0; done < pixels; done += 4, to += 4 * p->output_c) {
    const int32_t count = pixels - done < 4 ? pixels - done : 4;
    if (pointwise) {
      const int8_t *from[4];
      for (int32_t n = 0; n < 4; ++n) from[n] = x + (done + (n < count ? n : 0)) * k;
      edgeml_block_expand(from, k, words);
    } else {
      edgeml_place at[4];
      for (int32_t n = 0; n < 4; ++n) {
        at[n] = next;
        if (n + 1 >= count && count < 4) continue; /* what is left of the last block repeats its last window */
        next.x += p->stride_w;
        if (++column == p->output_w) {
          column = 0;
          next.x = -p->pad_left;
          next.y += p->stride_h;
        }
      }
      if (rows)
        edgeml_expand_rows(p, x, at, bytes, words);
      else
        edgeml_expand_any(p, x, at, k, bytes, words);
    }
    edgeml_block_run(&block, count, to);
  }
  if (p->activation_min > -128 || p->activation_max < 127)
    edgeml_clamp(y, pixels * p->output_c, p->activation_min, p->activation_max);
}

#endif
