/* Windows of four output pixels as int16 side by side, for the convolutions with packed products (dsp.h).
 *
 * Padding stands as the input's zero point, which the bias accounts for; so every kernel, stride, dilation and padding
 * ends in the same inner loop. A row of a window is a run of bytes: its whole words go first, row by row, then what is
 * left of all rows. */
#ifndef EDGEML_WINDOWS_DSP_S8_H
#define EDGEML_WINDOWS_DSP_S8_H

#include <stdint.h>

#include "compiler.h"
#include "conv_2d_dsp_s8.h"
#include "dsp.h"
#include "expand_dsp_s8.h"

typedef struct {
  const edgeml_conv_2d_dsp_s8_params *params;
  const int8_t *x;
  int32_t line;                     /* bytes of a row of x */
  uint32_t inside_rows, inside_columns; /* places at which a window needs no padding, and its rows are runs */
  int32_t whole, left;              /* bytes of a row's whole words, and after them */
  int32_t left_size;                /* of all rows of a window, rounded up to a multiple of 4 */
  int8_t *row;                      /* a row of a window with its padding */
  int8_t *rest;                     /* four times left_size */
  uint32_t *words;                  /* the expanded windows */
} edgeml_windows;

static inline int8_t *edgeml_put(int8_t *to, const int8_t *from, int32_t count) {
  for (; count >= 4; count -= 4, to += 4, from += 4) edgeml_store_word(to, edgeml_load_word(from));
  for (; count > 0; --count) *to++ = *from++;
  return to;
}

static inline int8_t *edgeml_fill(int8_t *to, int32_t value, int32_t count) {
  for (; count > 0; --count) *to++ = (int8_t)value;
  return to;
}

/* One row of a window to w->row, its taps in the padding as the zero point. */
static void edgeml_gather_row(const edgeml_windows *w, int32_t at_y, int32_t at_x) {
  const edgeml_conv_2d_dsp_s8_params *const p = w->params;
  const int32_t c = p->input_c;
  const int8_t *const x = w->x + at_y * w->line;
  int8_t *to = w->row;
  for (int32_t j = p->kernel_w; j > 0; --j, at_x += p->dilation_w)
    to = at_x >= 0 && at_x < p->input_w ? edgeml_put(to, x + at_x * c, c) : edgeml_fill(to, p->input_zero_point, c);
}

/* Any window as number n of the four: each row is read where it lies, if it needs no padding. */
EDGEML_NOINLINE static void edgeml_expand_padded(const edgeml_windows *w, int32_t at_y, int32_t at_x, int32_t n) {
  const edgeml_conv_2d_dsp_s8_params *const p = w->params;
  const int32_t c = p->input_c, run = w->whole + w->left;
  uint32_t *to = w->words + n;
  int8_t *rest = w->rest + n * w->left_size;
  /* the taps of a row that lie in the image, as bytes of x's row and of the window's */
  const int32_t first = at_x < 0 ? 0 : at_x, end = at_x + p->kernel_w, last = end < p->input_w ? end : p->input_w;
  const int32_t before = (first - at_x) * c, inside = p->dilation_w == 1 ? (last - first) * c : 0;
  int32_t padding = 0; /* whether w->row is nothing else */
  for (int32_t i = p->kernel_h; i > 0; --i, at_y += p->dilation_h) {
    const int8_t *from = w->row;
    if (at_y < 0 || at_y >= p->input_h || (p->dilation_w == 1 && inside <= 0)) {
      if (padding == 0) edgeml_fill(w->row, p->input_zero_point, run);
      padding = 1;
    } else if (inside == run) {
      from = w->x + at_y * w->line + first * c;
    } else if (inside > 0) {
      if (i == p->kernel_h || padding != 0) edgeml_fill(w->row, p->input_zero_point, run);
      edgeml_put(w->row + before, w->x + at_y * w->line + first * c, inside);
      padding = 0;
    } else {
      edgeml_gather_row(w, at_y, at_x);
      padding = 0;
    }
    to = edgeml_expand_one(from, w->whole, to);
    rest = edgeml_put(rest, from + w->whole, w->left);
  }
}

/* What is left of the rows of four windows without padding, which begin `spacing` bytes apart. */
static inline void edgeml_collect(const edgeml_windows *w, const int8_t *from, int32_t step, int32_t spacing) {
  const int32_t size = w->left_size, left = w->left;
  int8_t *to = w->rest;
  from += w->whole;
  step -= left;
  for (int32_t n = w->params->kernel_h * left, j = left; n > 0; --n, ++to) {
    to[0] = from[0];
    to[size] = from[spacing];
    to[2 * size] = from[2 * spacing];
    to[3 * size] = from[3 * spacing];
    ++from;
    if (--j == 0) {
      from += step;
      j = left;
    }
  }
}

typedef struct {
  int32_t y, x; /* input coordinates of tap (0, 0); negative in the padding */
  int32_t column;
} edgeml_place;

/* `count` output pixels on, at most to the end of a row. */
static inline void edgeml_advance(const edgeml_conv_2d_dsp_s8_params *p, edgeml_place *at, int32_t count) {
  at->x += count * p->stride_w;
  at->column += count;
  if (at->column == p->output_w) {
    at->column = 0;
    at->x = -p->pad_left;
    at->y += p->stride_h;
  }
}

/* The windows of `count` (1..4) output pixels from `next` on, which moves behind them. */
static void edgeml_expand_windows(const edgeml_windows *w, edgeml_place *next, int32_t count) {
  const edgeml_conv_2d_dsp_s8_params *const p = w->params;
  const int32_t apart = 3 * p->stride_w;
  const int8_t *from[4];
  if (next->column + 4 <= p->output_w && (uint32_t)next->y < w->inside_rows &&
      (uint32_t)next->x < w->inside_columns && (uint32_t)(next->x + apart) < w->inside_columns) {
    const int32_t spacing = p->stride_w * p->input_c, step = p->dilation_h * w->line;
    const int8_t *const first = w->x + next->y * w->line + next->x * p->input_c;
    for (int32_t n = 0; n < 4; ++n) from[n] = first + n * spacing;
    edgeml_expand_four(from, w->whole, p->kernel_h, step, w->words);
    if (w->left > 0) edgeml_collect(w, first, step, spacing);
    edgeml_advance(p, next, 4);
  } else {
    for (int32_t n = 0; n < count; ++n) {
      edgeml_expand_padded(w, next->y, next->x, n);
      edgeml_advance(p, next, 1);
    }
  }
  if (w->left > 0) {
    for (int32_t n = 0; n < 4; ++n) from[n] = w->rest + n * w->left_size;
    edgeml_expand_four(from, w->left_size, 1, 0, w->words + 2 * w->whole * p->kernel_h);
  }
}

/* 1x1 windows side by side, whole words: read where they lie. */
static inline int32_t edgeml_is_pointwise(const edgeml_conv_2d_dsp_s8_params *p) {
  return p->kernel_h == 1 && p->kernel_w == 1 && p->stride_h == 1 && p->stride_w == 1 && p->input_c % 4 == 0 &&
         p->output_h == p->input_h && p->output_w == p->input_w;
}

static inline uint32_t edgeml_places(int32_t size, int32_t window) {
  return size < window ? 0u : (uint32_t)(size - window + 1);
}

static inline edgeml_windows edgeml_windows_prepare(const edgeml_conv_2d_dsp_s8_params *p, const int8_t *x,
                                                    void *scratch, int32_t *k) {
  edgeml_windows w;
  const int32_t run = p->kernel_w * p->input_c;
  w.params = p;
  w.x = x;
  w.line = p->input_w * p->input_c;
  w.inside_rows = edgeml_places(p->input_h, (p->kernel_h - 1) * p->dilation_h + 1);
  w.inside_columns = p->dilation_w == 1 ? edgeml_places(p->input_w, p->kernel_w) : 0u;
  w.whole = run & ~3;
  w.left = run & 3;
  w.left_size = (w.left * p->kernel_h + 3) & ~3;
  *k = w.whole * p->kernel_h + w.left_size;
  w.words = scratch;
  w.rest = (int8_t *)(w.words + 2 * *k);
  w.row = w.rest + 4 * w.left_size;
  edgeml_fill(w.rest, 0, 4 * w.left_size);
  return w;
}

/* Four windows from pixel `done` of y on, of which `count` are pixels of y; `next` follows. k: inputs of a window. */
static inline void edgeml_expand_next(const edgeml_windows *w, edgeml_place *next, int32_t pointwise, int32_t done,
                                      int32_t count, int32_t k) {
  if (pointwise) {
    const int8_t *from[4];
    for (int32_t n = 0; n < 4; ++n) from[n] = w->x + (done + (n < count ? n : 0)) * k;
    edgeml_expand_four(from, k, 1, 0, w->words);
  } else {
    edgeml_expand_windows(w, next, count);
  }
}

#endif
