#include "conv_2d_mve_s8.h"

#include "compiler.h"
#include "mve.h"
#include "window.h"

/* A window at (y0, x0) that lies outside in parts, which become the zero point; `rows` lie inside. */
static void gather_part(const edgeml_conv_2d_mve_s8_params *p, const int8_t *x, edgeml_taps rows, int32_t y0, int32_t x0,
                        int8_t *patch) {
  const int32_t row = p->kernel_w * p->input_c, across = p->dilation_w * p->input_c;
  const edgeml_taps columns = edgeml_clip_taps(x0, p->dilation_w, p->kernel_w, p->input_w);
  edgeml_fill_s8(patch, (int8_t)p->input_zero_point, p->kernel_h * row);
  for (int32_t i = rows.begin; i < rows.end && columns.begin < columns.end; ++i) {
    const int8_t *from = x + ((y0 + i * p->dilation_h) * p->input_w + x0) * p->input_c + columns.begin * across;
    int8_t *to = patch + i * row + columns.begin * p->input_c;
    if (p->dilation_w == 1)
      edgeml_copy_s8(to, from, (columns.end - columns.begin) * p->input_c);
    else
      edgeml_copy_rows_s8(to, from, columns.end - columns.begin, p->input_c, across);
  }
}

/* What does not change from pixel to pixel. */
typedef struct {
  const int32_t *stream;
  int32_t length, passed; /* of a window; what a loop over it passes, 16 bytes a turn */
  int32_t fours, rest;    /* channels: four at a time, and what is left */
  edgeml_s8_range range;
  edgeml_x4 zero, min, max;
} constants;

/* Four channels at a time of two pixels; returns the rest of the stream. A function of its own: it takes nearly all
 * registers. */
static EDGEML_NOINLINE const int32_t *full_fours(const constants *k, const int8_t *x0, const int8_t *x1, int8_t *y0,
                                                 int8_t *y1) {
  const int32_t *stream = k->stream;
  int32_t fours = k->fours;
#if EDGEML_MVE
  int32_t a0, a1, b0, b1;
#define PAIR(a, b)                      \
  "ldrd %[a0], %[a1], [%[w]], #8\n"     \
  "mov %[b0], %[a0]\n"                  \
  "mov %[b1], %[a1]\n"                  \
  "dlstp.8 lr, %[length]\n"             \
  "1: vldrb.8 q0, [%[w]], #16\n"        \
  "vldrb.8 q1, [%[x0]], #16\n"          \
  "vmladava.s8 %[a0], q0, q1\n"         \
  "vldrb.8 q2, [%[w]], #16\n"           \
  "vmladava.s8 %[a1], q2, q1\n"         \
  "vldrb.8 q1, [%[x1]], #16\n"          \
  "vmladava.s8 %[b0], q0, q1\n"         \
  "vmladava.s8 %[b1], q2, q1\n"         \
  "letp lr, 1b\n"                       \
  "sub %[x0], %[x0], %[passed]\n"       \
  "sub %[x1], %[x1], %[passed]\n"       \
  "vmov " a ", %[a0], %[a1]\n"          \
  "vmov " b ", %[b0], %[b1]\n"
/* as edgeml_store_s8x4 */
#define STORE(q, y)                     \
  "vcvt.f32.s32 " q ", " q "\n"         \
  "vmul.f32 " q ", " q ", q0\n"         \
  "vcvtn.s32.f32 " q ", " q "\n"        \
  "vqadd.s32 " q ", " q ", %q[zero]\n"  \
  "vmax.s32 " q ", " q ", %q[min]\n"    \
  "vmin.s32 " q ", " q ", %q[max]\n"    \
  "vstrb.32 " q ", [%[" y "]], #4\n"
  __asm volatile("2:\n" PAIR("d6", "d8") PAIR("d7", "d9")
                 "vldrw.32 q0, [%[w]], #16\n" STORE("q3", "y0") STORE("q4", "y1")
                 "subs %[fours], %[fours], #1\n"
                 "bne 2b\n"
                 : [w] "+r"(stream), [x0] "+r"(x0), [x1] "+r"(x1), [y0] "+l"(y0), [y1] "+l"(y1), [fours] "+r"(fours),
                   [a0] "=&Te"(a0), [a1] "=&Te"(a1), [b0] "=&Te"(b0), [b1] "=&Te"(b1)
                 : [length] "r"(k->length), [passed] "r"(k->passed), [zero] "w"(k->zero), [min] "w"(k->min), [max] "w"(k->max)
                 : "q0", "q1", "q2", "q3", "q4", "lr", "cc", "memory");
#undef PAIR
#undef STORE
#else
  for (; fours > 0; --fours, stream += 4, y0 += 4, y1 += 4) {
    edgeml_x4 a, b;
    stream = edgeml_dots_2x4(stream, x0, x1, k->length, &a, &b);
    edgeml_store_s8x4(y0, a, stream, k->range, 4);
    edgeml_store_s8x4(y1, b, stream, k->range, 4);
  }
#endif
  return stream;
}

/* All channels of two pixels. */
static inline void two_pixels(const constants *k, const int8_t *x0, const int8_t *x1, int8_t *y0, int8_t *y1) {
  const int32_t *stream = k->fours > 0 ? full_fours(k, x0, x1, y0, y1) : k->stream;
  if (k->rest > 0) {
    edgeml_x4 a, b;
    stream = edgeml_dots_2x4(stream, x0, x1, k->length, &a, &b);
    edgeml_store_s8x4(y0 + 4 * k->fours, a, stream, k->range, k->rest);
    edgeml_store_s8x4(y1 + 4 * k->fours, b, stream, k->range, k->rest);
  }
}

/* Windows of one pixel, read where they lie. */
EDGEML_NOINLINE static void pointwise(const edgeml_conv_2d_mve_s8_params *p, const constants *k, const int8_t *x,
                                      int8_t *y) {
  const int32_t flat = p->stride_w == 1 && p->output_w == p->input_w && (p->stride_h == 1 || p->output_h == 1);
  const int32_t rows = flat ? 1 : p->output_h, columns = flat ? p->output_h * p->output_w : p->output_w;
  const int32_t step = p->stride_w * p->input_c, channels = p->output_c;
  for (int32_t i = 0; i < rows; ++i, x += p->stride_h * p->input_w * p->input_c) {
    const int8_t *at = x;
    for (int32_t left = columns; left > 0; left -= 2, at += 2 * step, y += channels) {
      /* a last single pixel is computed twice */
      const int32_t second = left > 1;
      two_pixels(k, at, second ? at + step : at, y, second ? y + channels : y);
      if (second) y += channels;
    }
  }
}

/* Any windows, copied two at a time. */
EDGEML_NOINLINE static void gathered(const edgeml_conv_2d_mve_s8_params *p, const constants *k, const int8_t *x,
                                     int8_t *scratch, int8_t *y) {
  const int32_t row = p->kernel_w * p->input_c, x_row = p->input_w * p->input_c;
  /* the last column at which a whole window begins, if its columns are neighbours */
  const int32_t last = p->dilation_w == 1 ? p->input_w - p->kernel_w : -1;
  int8_t *const first = scratch, *const second = first + k->length, *patch = first;
  for (int32_t oy = 0; oy < p->output_h; ++oy) {
    const int32_t y0 = oy * p->stride_h - p->pad_top;
    const edgeml_taps rows = edgeml_clip_taps(y0, p->dilation_h, p->kernel_h, p->input_h);
    const int32_t whole = rows.end - rows.begin == p->kernel_h;
    int32_t x0 = -p->pad_left;
    for (int32_t ox = p->output_w; ox > 0; --ox, x0 += p->stride_w) {
      if (whole && x0 >= 0 && x0 <= last)
        edgeml_copy_rows_s8(patch, x + y0 * x_row + x0 * p->input_c, p->kernel_h, row, p->dilation_h * x_row);
      else
        gather_part(p, x, rows, y0, x0, patch);
      if (patch == second) {
        two_pixels(k, first, second, y, y + p->output_c);
        y += 2 * p->output_c;
      }
      patch = patch == first ? second : first;
    }
  }
  /* a last single pixel is computed twice */
  if (patch == second) two_pixels(k, first, first, y, y);
}

void edgeml_conv_2d_mve_s8(const edgeml_conv_2d_mve_s8_params *params, const int8_t *x, const int32_t *restrict stream,
                           void *restrict scratch, int8_t *y) {
  const int32_t length = params->kernel_h * params->kernel_w * params->input_c, channels = params->output_c;
  const constants k = {stream,
                       length,
                       (length + 15) / 16 * 16,
                       channels / 4,
                       channels % 4,
                       {params->output_zero_point, params->activation_min, params->activation_max},
                       edgeml_all_x4(params->output_zero_point),
                       edgeml_all_x4(params->activation_min),
                       edgeml_all_x4(params->activation_max)};
  if (params->kernel_h * params->kernel_w == 1 && params->pad_top == 0 && params->pad_left == 0 &&
      (params->output_h - 1) * params->stride_h < params->input_h &&
      (params->output_w - 1) * params->stride_w < params->input_w) {
    pointwise(params, &k, x, y);
  } else {
    gathered(params, &k, x, scratch, y);
  }
}
