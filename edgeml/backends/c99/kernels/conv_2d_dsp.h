/* The body of the conv_2d_dsp kernels; see block_dsp_s8.h for EDGEML_WIDE.
 *
 * The windows of four output pixels are laid side by side as int16, padding as the input's zero point, which the bias
 * accounts for; so every kernel, stride, dilation and padding ends in the same inner loop. A row of a window is a run of
 * bytes: its whole words go first, row by row, then what is left of all rows. */
#ifndef EDGEML_CONV_2D_DSP_H
#define EDGEML_CONV_2D_DSP_H

#include "block_dsp_s8.h"
#include "conv_2d_dsp_s8.h"
#include "expand_dsp_s8.h"

typedef struct {
  const edgeml_conv_2d_dsp_s8_params *params;
  const int8_t *x;
  int32_t whole, left; /* bytes of a row's whole words, and after them */
  int32_t left_size;   /* of all rows of a window, rounded up to a multiple of 4 */
  int8_t *row;         /* four rows of windows with their padding */
  int8_t *rest;        /* four times left_size */
  uint32_t *words;     /* the expanded windows */
} edgeml_windows;

typedef struct {
  int32_t y, x; /* input coordinates of tap (0, 0); negative in the padding */
} edgeml_place;

static inline int8_t *edgeml_put(int8_t *to, const int8_t *from, int32_t count) {
  for (; count >= 4; count -= 4, to += 4, from += 4) edgeml_store_word(to, edgeml_load_word(from));
  for (; count > 0; --count) *to++ = *from++;
  return to;
}

static inline int8_t *edgeml_fill(int8_t *to, int32_t value, int32_t count) {
  const uint32_t word = (uint32_t)(uint8_t)value * 0x01010101u;
  for (; count >= 4; count -= 4, to += 4) edgeml_store_word(to, word);
  for (; count > 0; --count) *to++ = (int8_t)value;
  return to;
}

/* One row of a window: in the image, or copied to `row` with its taps in the padding as the zero point. */
EDGEML_NOINLINE static const int8_t *edgeml_window_row(const edgeml_windows *w, int32_t at_y, int32_t at_x,
                                                       int8_t *row) {
  const edgeml_conv_2d_dsp_s8_params *const p = w->params;
  const int32_t c = p->input_c;
  int8_t *to = row;
  if (at_y < 0 || at_y >= p->input_h) {
    edgeml_fill(row, p->input_zero_point, p->kernel_w * c);
    return row;
  }
  const int8_t *const x = w->x + at_y * p->input_w * c;
  if (p->dilation_w == 1) {
    if (at_x >= 0 && at_x + p->kernel_w <= p->input_w) return x + at_x * c;
    /* padding, a run, padding */
    const int32_t end = at_x + p->kernel_w, first = at_x < 0 ? 0 : at_x, last = end < p->input_w ? end : p->input_w;
    if (first < last) {
      to = edgeml_fill(to, p->input_zero_point, (first - at_x) * c);
      to = edgeml_put(to, x + first * c, (last - first) * c);
      edgeml_fill(to, p->input_zero_point, (end - last) * c);
      return row;
    }
  }
  for (int32_t j = p->kernel_w; j > 0; --j, at_x += p->dilation_w)
    to = at_x >= 0 && at_x < p->input_w ? edgeml_put(to, x + at_x * c, c) : edgeml_fill(to, p->input_zero_point, c);
  return row;
}

/* What is left of a row of each window, behind that of the rows before. */
static inline void edgeml_collect(const edgeml_windows *w, const int8_t *const from[4], int8_t *to) {
  for (int32_t n = 0; n < 4; ++n, to += w->left_size)
    for (int32_t i = 0; i < w->left; ++i) to[i] = from[n][w->whole + i];
}

/* Whether the whole window lies in the image, its rows as runs. */
static inline int32_t edgeml_is_inside(const edgeml_conv_2d_dsp_s8_params *p, edgeml_place at) {
  return at.y >= 0 && at.y + (p->kernel_h - 1) * p->dilation_h < p->input_h && at.x >= 0 &&
         at.x + p->kernel_w <= p->input_w && p->dilation_w == 1;
}

static void edgeml_expand_windows(const edgeml_windows *w, const edgeml_place at[4]) {
  const edgeml_conv_2d_dsp_s8_params *const p = w->params;
  const int32_t line = p->input_w * p->input_c, step = p->dilation_h * line;
  const int8_t *from[4];
  uint32_t *to = w->words;
  int8_t *rest = w->rest;
  int32_t inside = 1;
  for (int32_t n = 0; n < 4 && inside != 0; ++n) {
    inside = edgeml_is_inside(p, at[n]);
    if (inside != 0) from[n] = w->x + at[n].y * line + at[n].x * p->input_c;
  }
  if (inside != 0) {
    to = edgeml_expand_four(from, w->whole, p->kernel_h, step, to);
    if (w->left > 0)
      for (int32_t i = p->kernel_h; i > 0; --i, rest += w->left) {
        edgeml_collect(w, from, rest);
        for (int32_t n = 0; n < 4; ++n) from[n] += step;
      }
  } else {
    for (int32_t i = 0; i < p->kernel_h * p->dilation_h; i += p->dilation_h, rest += w->left) {
      for (int32_t n = 0; n < 4; ++n)
        from[n] = edgeml_window_row(w, at[n].y + i, at[n].x, w->row + n * (w->whole + w->left));
      to = edgeml_expand_four(from, w->whole, 1, 0, to);
      edgeml_collect(w, from, rest);
    }
  }
  if (w->left > 0) {
    for (int32_t n = 0; n < 4; ++n) from[n] = w->rest + n * w->left_size;
    edgeml_expand_four(from, w->left_size, 1, 0, to);
  }
}

static void edgeml_clamp(int8_t *y, int32_t count, int32_t min, int32_t max) {
  for (; count > 0; --count, ++y) *y = (int8_t)edgeml_clamp_s32(*y, min, max);
}

/* 1x1 windows side by side, whole words: read where they lie. */
static inline int32_t edgeml_is_pointwise(const edgeml_conv_2d_dsp_s8_params *p) {
  return p->kernel_h == 1 && p->kernel_w == 1 && p->stride_h == 1 && p->stride_w == 1 && p->input_c % 4 == 0 &&
         p->output_h == p->input_h && p->output_w == p->input_w;
}

static inline edgeml_windows edgeml_windows_prepare(const edgeml_conv_2d_dsp_s8_params *p, const int8_t *x,
                                                    void *scratch, int32_t *k) {
  edgeml_windows w;
  const int32_t run = p->kernel_w * p->input_c;
  w.params = p;
  w.x = x;
  w.whole = run & ~3;
  w.left = run & 3;
  w.left_size = (w.left * p->kernel_h + 3) & ~3;
  *k = w.whole * p->kernel_h + w.left_size;
  w.words = scratch;
  w.row = (int8_t *)(w.words + 2 * *k);
  w.rest = w.row + 4 * run;
  edgeml_fill(w.rest, 0, 4 * w.left_size);
  return w;
}

static void edgeml_conv_2d_dsp(const edgeml_conv_2d_dsp_s8_params *p, const int8_t *x, const int32_t *stream,
                               void *scratch, int8_t *y) {
  const int32_t pixels = p->output_h * p->output_w, pointwise = edgeml_is_pointwise(p);
  int32_t k, column = 0;
  const edgeml_windows windows = edgeml_windows_prepare(p, x, scratch, &k);
  edgeml_block block = edgeml_block_prepare(windows.words, k, stream, p->output_c, p->shift, p->output_zero_point);
  edgeml_place next = {-p->pad_top, -p->pad_left};
  int8_t *to = y;
  for (int32_t done = 0; done < pixels; done += 4, to += 4 * p->output_c) {
    const int32_t count = pixels - done < 4 ? pixels - done : 4;
    if (pointwise) {
      const int8_t *from[4];
      for (int32_t n = 0; n < 4; ++n) from[n] = x + (done + (n < count ? n : 0)) * k;
      edgeml_expand_four(from, k, 1, 0, windows.words);
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
      edgeml_expand_windows(&windows, at);
    }
    edgeml_block_run(&block, count, p->shift, to);
  }
  if (p->activation_min > -128 || p->activation_max < 127)
    edgeml_clamp(y, pixels * p->output_c, p->activation_min, p->activation_max);
}

#endif
