#include "conv_2d_s8.h"

#include <stddef.h>

#include "dot_s8.h"
#include "requantize.h"
#include "window.h"

/* The part of a window that lies inside the image. Rows of taps are contiguous in x and in w as long as
 * dilation_w is 1, so a window is `rows` runs of `run` elements; otherwise each tap is a run of its own. */
typedef struct {
  const int8_t *x, *w;
  int32_t rows, columns, run;
  int32_t x_row, x_column, w_row; /* elements from one run to the next */
} window_part;

static window_part clip(const edgeml_conv_2d_s8_params *p, const int8_t *x, const int8_t *w, edgeml_taps rows,
                        int32_t y0, int32_t x0) {
  const edgeml_taps columns = edgeml_clip_taps(x0, p->dilation_w, p->kernel_w, p->input_w);
  const int32_t c = p->input_c, wide = columns.end - columns.begin;
  window_part part;
  part.x = x;
  part.w = w;
  part.rows = wide > 0 ? rows.end - rows.begin : 0;
  if (part.rows > 0) {
    part.x += ((y0 + rows.begin * p->dilation_h) * p->input_w + x0 + columns.begin * p->dilation_w) * c;
    part.w += (rows.begin * p->kernel_w + columns.begin) * c;
  }
  part.columns = p->dilation_w == 1 ? 1 : wide;
  part.run = p->dilation_w == 1 ? wide * c : c;
  part.x_row = p->dilation_h * p->input_w * c;
  part.x_column = p->dilation_w * c;
  part.w_row = p->kernel_w * c;
  return part;
}

static inline edgeml_sums convolve4(edgeml_sums sums, const window_part *part, int32_t stride, int32_t zero_point) {
  const int8_t *x = part->x, *w = part->w;
  for (int32_t i = part->rows; i > 0; --i, x += part->x_row, w += part->w_row) {
    const int8_t *xc = x, *wc = w;
    for (int32_t j = part->columns; j > 0; --j, xc += part->x_column, wc += part->run)
      sums = edgeml_dot4_s8(sums, xc, wc, stride, part->run, zero_point);
  }
  return sums;
}

static int32_t convolve1(int32_t sum, const window_part *part, int32_t zero_point) {
  const int8_t *x = part->x, *w = part->w;
  for (int32_t i = part->rows; i > 0; --i, x += part->x_row, w += part->w_row) {
    const int8_t *xc = x, *wc = w;
    for (int32_t j = part->columns; j > 0; --j, xc += part->x_column, wc += part->run)
      sum = edgeml_dot1_s8(sum, xc, wc, part->run, zero_point);
  }
  return sum;
}

/* All pixels of four output channels. Whole windows use sum(w * x) - zero_point * sum(w), the second part
 * being computed once; windows over the border subtract the zero point from each x instead. */
static void four_channels(const edgeml_conv_2d_s8_params *p, const int8_t *restrict x, const int8_t *restrict w,
                          edgeml_sums bias, const float *restrict scale, int8_t *restrict y) {
  const int32_t stride = p->kernel_h * p->kernel_w * p->input_c;
  const int32_t zero = p->input_zero_point, out = p->output_zero_point;
  const int32_t min = p->activation_min, max = p->activation_max;
  edgeml_sums whole;
  whole.a = bias.a - zero * edgeml_sum_s8(w, stride);
  whole.b = bias.b - zero * edgeml_sum_s8(w + stride, stride);
  whole.c = bias.c - zero * edgeml_sum_s8(w + 2 * stride, stride);
  whole.d = bias.d - zero * edgeml_sum_s8(w + 3 * stride, stride);
  const int32_t step = p->stride_w * p->input_c;
  for (int32_t oy = 0; oy < p->output_h; ++oy) {
    const int32_t y0 = oy * p->stride_h - p->pad_top;
    const edgeml_taps rows = edgeml_clip_taps(y0, p->dilation_h, p->kernel_h, p->input_h);
    const int32_t whole_rows = rows.end - rows.begin == p->kernel_h;
    const int32_t last = p->input_w - (p->kernel_w - 1) * p->dilation_w; /* first x0 that is cut off */
    window_part part = {0};
    int32_t x0 = -p->pad_left, inside = 0;
    for (int32_t ox = 0; ox < p->output_w; ++ox, x0 += p->stride_w) {
      edgeml_sums s;
      if (whole_rows && x0 >= 0 && x0 < last) {
        if (inside) {
          part.x += step;
        } else {
          part = clip(p, x, w, rows, y0, x0);
          inside = 1;
        }
        s = convolve4(whole, &part, stride, 0);
      } else {
        part = clip(p, x, w, rows, y0, x0);
        inside = 0;
        s = convolve4(bias, &part, stride, zero);
      }
      y[0] = (int8_t)edgeml_requantize(s.a, scale[0], out, min, max);
      y[1] = (int8_t)edgeml_requantize(s.b, scale[1], out, min, max);
      y[2] = (int8_t)edgeml_requantize(s.c, scale[2], out, min, max);
      y[3] = (int8_t)edgeml_requantize(s.d, scale[3], out, min, max);
      y += p->output_c;
    }
  }
}

static void one_channel(const edgeml_conv_2d_s8_params *p, const int8_t *restrict x, const int8_t *restrict w,
                        int32_t bias, float scale, int8_t *restrict y) {
  for (int32_t oy = 0; oy < p->output_h; ++oy) {
    const int32_t y0 = oy * p->stride_h - p->pad_top;
    const edgeml_taps rows = edgeml_clip_taps(y0, p->dilation_h, p->kernel_h, p->input_h);
    for (int32_t ox = 0; ox < p->output_w; ++ox) {
      const window_part part = clip(p, x, w, rows, y0, ox * p->stride_w - p->pad_left);
      const int32_t sum = convolve1(bias, &part, p->input_zero_point);
      *y = (int8_t)edgeml_requantize(sum, scale, p->output_zero_point, p->activation_min, p->activation_max);
      y += p->output_c;
    }
  }
}

void edgeml_conv_2d_s8(const edgeml_conv_2d_s8_params *params, const int8_t *restrict x, const int8_t *restrict w,
                       const int32_t *restrict bias, const float *restrict scale, int8_t *restrict y) {
  const int32_t filter = params->kernel_h * params->kernel_w * params->input_c;
  const edgeml_sums none = {0, 0, 0, 0};
  int32_t o = 0;
  for (; o + 4 <= params->output_c; o += 4) {
    edgeml_sums start = none;
    if (bias != NULL) {
      start.a = bias[o];
      start.b = bias[o + 1];
      start.c = bias[o + 2];
      start.d = bias[o + 3];
    }
    four_channels(params, x, w + o * filter, start, scale + o, y + o);
  }
  for (; o < params->output_c; ++o)
    one_channel(params, x, w + o * filter, bias != NULL ? bias[o] : 0, scale[o], y + o);
}
