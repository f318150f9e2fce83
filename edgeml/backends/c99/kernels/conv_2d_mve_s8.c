#include "conv_2d_mve_s8.h"

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

/* All channels of two pixels. */
static void two_pixels(const edgeml_conv_2d_mve_s8_params *p, const int8_t *x0, const int8_t *x1,
                       const int32_t *restrict stream, int8_t *y0, int8_t *y1) {
  const int32_t length = p->kernel_h * p->kernel_w * p->input_c;
  const edgeml_s8_range range = {p->output_zero_point, p->activation_min, p->activation_max};
  for (int32_t left = p->output_c; left > 0; left -= 4, y0 += 4, y1 += 4) {
    edgeml_x4 a, b;
    stream = edgeml_dots_2x4(stream, x0, x1, length, &a, &b);
    edgeml_store_s8x4(y0, a, stream, range, left);
    edgeml_store_s8x4(y1, b, stream, range, left);
    stream += 4;
  }
}

void edgeml_conv_2d_mve_s8(const edgeml_conv_2d_mve_s8_params *params, const int8_t *x,
                           const int32_t *restrict stream, void *restrict scratch, int8_t *y) {
  const int32_t length = params->kernel_h * params->kernel_w * params->input_c;
  /* windows that lie in x as they are */
  const int32_t direct = params->kernel_h * params->kernel_w == 1 && params->pad_top == 0 && params->pad_left == 0 &&
                         (params->output_h - 1) * params->stride_h < params->input_h &&
                         (params->output_w - 1) * params->stride_w < params->input_w;
  const int32_t row = params->kernel_w * params->input_c, x_row = params->input_w * params->input_c;
  /* the last column at which a whole window begins, if its columns are neighbours */
  const int32_t last = params->dilation_w == 1 ? params->input_w - params->kernel_w : -1;
  int8_t *const patches = scratch;
  const int8_t *at[2] = {x, x};
  int32_t waiting = 0;
  for (int32_t oy = 0; oy < params->output_h; ++oy) {
    const int32_t y0 = oy * params->stride_h - params->pad_top;
    const edgeml_taps rows = edgeml_clip_taps(y0, params->dilation_h, params->kernel_h, params->input_h);
    const int32_t whole = rows.end - rows.begin == params->kernel_h;
    int32_t x0 = -params->pad_left;
    for (int32_t ox = 0; ox < params->output_w; ++ox, x0 += params->stride_w) {
      const int8_t *from = x + y0 * x_row + x0 * params->input_c;
      int8_t *patch = patches + waiting * length;
      at[waiting] = direct ? from : patch;
      if (direct) {
        /* the pixel as it is */
      } else if (whole && x0 >= 0 && x0 <= last) {
        edgeml_copy_rows_s8(patch, from, params->kernel_h, row, params->dilation_h * x_row);
      } else {
        gather_part(params, x, rows, y0, x0, patch);
      }
      if (waiting) {
        two_pixels(params, at[0], at[1], stream, y, y + params->output_c);
        y += 2 * params->output_c;
      }
      waiting ^= 1;
    }
  }
  /* a last single pixel is computed twice */
  if (waiting) two_pixels(params, at[0], at[0], stream, y, y);
}
