#include "depthwise_conv_2d_s8.h"

#include <stddef.h>

#include "dot_s8.h"
#include "requantize.h"
#include "window.h"

/* Taps of a window that lie inside the image, as pointers to the first one and steps. */
typedef struct {
  const int8_t *x, *w;
  int32_t rows, columns;
  int32_t x_row, x_column, w_row, w_column; /* elements from the end of a row, or from one tap, to the next */
} window_part;

static window_part clip(const edgeml_depthwise_conv_2d_s8_params *p, const int8_t *x, const int8_t *w,
                        edgeml_taps rows, int32_t y0, int32_t x0) {
  const edgeml_taps columns = edgeml_clip_taps(x0, p->dilation_w, p->kernel_w, p->input_w);
  window_part part;
  part.columns = columns.end - columns.begin;
  part.rows = part.columns > 0 ? rows.end - rows.begin : 0;
  part.x = x;
  part.w = w;
  if (part.rows > 0) {
    part.x += ((y0 + rows.begin * p->dilation_h) * p->input_w + x0 + columns.begin * p->dilation_w) * p->input_c;
    part.w += (rows.begin * p->kernel_w + columns.begin) * p->output_c;
  }
  part.x_column = p->dilation_w * p->input_c;
  part.w_column = p->output_c;
  part.x_row = p->dilation_h * p->input_w * p->input_c - part.columns * part.x_column;
  part.w_row = (p->kernel_w - part.columns) * p->output_c;
  return part;
}

/* Four neighbouring channels. */
static inline edgeml_sums window4(edgeml_sums s, const window_part *part, int32_t zero_point) {
  const int8_t *x = part->x, *w = part->w;
  for (int32_t i = part->rows; i > 0; --i, x += part->x_row, w += part->w_row) {
    for (int32_t j = part->columns; j > 0; --j, x += part->x_column, w += part->w_column) {
      s.a += (x[0] - zero_point) * w[0];
      s.b += (x[1] - zero_point) * w[1];
      s.c += (x[2] - zero_point) * w[2];
      s.d += (x[3] - zero_point) * w[3];
    }
  }
  return s;
}

static inline int32_t window1(int32_t sum, const window_part *part, int32_t zero_point, int32_t weight_zero_point) {
  const int8_t *x = part->x, *w = part->w;
  for (int32_t i = part->rows; i > 0; --i, x += part->x_row, w += part->w_row)
    for (int32_t j = part->columns; j > 0; --j, x += part->x_column, w += part->w_column)
      sum += (*x - zero_point) * (*w - weight_zero_point);
  return sum;
}

/* bias - zero_point * sum of the filter's weights, for each of four channels. */
static edgeml_sums whole_window(const edgeml_depthwise_conv_2d_s8_params *p, const int8_t *w, edgeml_sums bias) {
  const int32_t zero = p->input_zero_point;
  edgeml_sums s = {0, 0, 0, 0};
  for (int32_t k = p->kernel_h * p->kernel_w; k > 0; --k, w += p->output_c) {
    s.a += w[0];
    s.b += w[1];
    s.c += w[2];
    s.d += w[3];
  }
  s.a = bias.a - zero * s.a;
  s.b = bias.b - zero * s.b;
  s.c = bias.c - zero * s.c;
  s.d = bias.d - zero * s.d;
  return s;
}

static void four_channels(const edgeml_depthwise_conv_2d_s8_params *p, const int8_t *x,
                          const int8_t *restrict w, edgeml_sums bias, const edgeml_scale *restrict scale,
                          int8_t *y) {
  const int32_t zero = p->input_zero_point, out = p->output_zero_point;
  const int32_t min = p->activation_min, max = p->activation_max;
  const edgeml_sums whole = whole_window(p, w, bias);
  for (int32_t oy = 0; oy < p->output_h; ++oy) {
    const int32_t y0 = oy * p->stride_h - p->pad_top;
    const edgeml_taps rows = edgeml_clip_taps(y0, p->dilation_h, p->kernel_h, p->input_h);
    for (int32_t ox = 0; ox < p->output_w; ++ox) {
      const window_part part = clip(p, x, w, rows, y0, ox * p->stride_w - p->pad_left);
      edgeml_sums s;
      if (part.rows == p->kernel_h && part.columns == p->kernel_w)
        s = window4(whole, &part, 0);
      else
        s = window4(bias, &part, zero);
      y[0] = (int8_t)edgeml_requantize(s.a, scale[0], out, min, max);
      y[1] = (int8_t)edgeml_requantize(s.b, scale[1], out, min, max);
      y[2] = (int8_t)edgeml_requantize(s.c, scale[2], out, min, max);
      y[3] = (int8_t)edgeml_requantize(s.d, scale[3], out, min, max);
      y += p->output_c;
    }
  }
}

static void one_channel(const edgeml_depthwise_conv_2d_s8_params *p, const int8_t *x,
                        const int8_t *restrict w, int32_t bias, edgeml_scale scale, int8_t *y) {
  for (int32_t oy = 0; oy < p->output_h; ++oy) {
    const int32_t y0 = oy * p->stride_h - p->pad_top;
    const edgeml_taps rows = edgeml_clip_taps(y0, p->dilation_h, p->kernel_h, p->input_h);
    for (int32_t ox = 0; ox < p->output_w; ++ox) {
      const window_part part = clip(p, x, w, rows, y0, ox * p->stride_w - p->pad_left);
      /* with a literal 0 the subtraction vanishes */
      const int32_t sum = p->weight_zero_point == 0 ? window1(bias, &part, p->input_zero_point, 0)
                                                    : window1(bias, &part, p->input_zero_point, p->weight_zero_point);
      *y = (int8_t)edgeml_requantize(sum, scale, p->output_zero_point, p->activation_min, p->activation_max);
      y += p->output_c;
    }
  }
}

void edgeml_depthwise_conv_2d_s8(const edgeml_depthwise_conv_2d_s8_params *params, const int8_t *x,
                                 const int8_t *restrict w, const int32_t *restrict bias, const edgeml_scale *restrict scale,
                                 int8_t *y) {
  int32_t o = 0;
  if (params->multiplier == 1 && params->weight_zero_point == 0) {
    for (; o + 4 <= params->output_c; o += 4) {
      edgeml_sums start = {0, 0, 0, 0};
      if (bias != NULL) {
        start.a = bias[o];
        start.b = bias[o + 1];
        start.c = bias[o + 2];
        start.d = bias[o + 3];
      }
      four_channels(params, x + o, w + o, start, scale + o, y + o);
    }
  }
  for (; o < params->output_c; ++o)
    one_channel(params, x + o / params->multiplier, w + o, bias != NULL ? bias[o] : 0, scale[o], y + o);
}
