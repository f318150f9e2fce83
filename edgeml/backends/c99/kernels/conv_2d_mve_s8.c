#include "conv_2d_mve_s8.h"

#include "mve.h"
#include "window.h"

/* The window whose first element is at (y0, x0), as one row of bytes; elements outside are the zero point. */
static void gather(const edgeml_conv_2d_mve_s8_params *p, const int8_t *x, int32_t y0, int32_t x0, int8_t *patch) {
  const int32_t row = p->kernel_w * p->input_c, zero = p->input_zero_point;
  const edgeml_taps rows = edgeml_clip_taps(y0, p->dilation_h, p->kernel_h, p->input_h);
  const edgeml_taps columns = edgeml_clip_taps(x0, p->dilation_w, p->kernel_w, p->input_w);
  const int32_t inside = columns.end - columns.begin;
  if (inside < p->kernel_w || rows.end - rows.begin < p->kernel_h) edgeml_fill_s8(patch, (int8_t)zero, p->kernel_h * row);
  if (inside <= 0) return;
  patch += columns.begin * p->input_c;
  for (int32_t i = rows.begin; i < rows.end; ++i) {
    const int8_t *from = x + ((y0 + i * p->dilation_h) * p->input_w + x0 + columns.begin * p->dilation_w) * p->input_c;
    if (p->dilation_w == 1) {
      edgeml_copy_s8(patch + i * row, from, inside * p->input_c);
    } else {
      for (int32_t j = 0; j < inside; ++j, from += p->dilation_w * p->input_c)
        edgeml_copy_s8(patch + i * row + j * p->input_c, from, p->input_c);
    }
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

void edgeml_conv_2d_mve_s8(const edgeml_conv_2d_mve_s8_params *params, const int8_t *restrict x,
                           const int32_t *restrict stream, void *restrict scratch, int8_t *restrict y) {
  const int32_t length = params->kernel_h * params->kernel_w * params->input_c;
  /* windows that lie in x as they are */
  const int32_t direct = params->kernel_h * params->kernel_w == 1 && params->pad_top == 0 && params->pad_left == 0 &&
                         (params->output_h - 1) * params->stride_h < params->input_h &&
                         (params->output_w - 1) * params->stride_w < params->input_w;
  int8_t *const patches = scratch;
  const int8_t *at[2] = {x, x};
  int32_t waiting = 0;
  for (int32_t oy = 0; oy < params->output_h; ++oy) {
    const int32_t y0 = oy * params->stride_h - params->pad_top;
    int32_t x0 = -params->pad_left;
    for (int32_t ox = 0; ox < params->output_w; ++ox, x0 += params->stride_w) {
      if (direct) {
        at[waiting] = x + (y0 * params->input_w + x0) * length;
      } else {
        at[waiting] = patches + waiting * length;
        gather(params, x, y0, x0, patches + waiting * length);
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
