/* The body of the convolutions with pixel pairs. EDGEML_KERNEL names the function; before this file stands
 * channels(params, patch, w, extra, bias, rescale, scale, y, pixels): all channels of the first `pixels` in the patch. */
#include "compiler.h"
#include "pixel_pairs.h"

typedef struct {
  int32_t y, x; /* input coordinates of tap (0, 0); negative in the padding */
} window;

static int32_t is_whole(const edgeml_conv_2d_pairs_s8_params *p, window at) {
  return at.y >= 0 && at.y + (p->kernel_h - 1) * p->dilation_h < p->input_h && at.x >= 0 &&
         at.x + (p->kernel_w - 1) * p->dilation_w < p->input_w;
}

/* `count` neighbouring values of two windows into every second word. */
EDGEML_NOINLINE static void join(const int8_t *a, const int8_t *b, int32_t count, uint32_t *to) {
  const int8_t *const end = a + count;
  while (a != end) {
    *to = edgeml_pixel_pair(*a++, *b++);
    to += 2;
  }
}

/* The values of two windows, by rows where these are contiguous, else tap by tap. */
static void gather(const edgeml_conv_2d_pairs_s8_params *p, const int8_t *x, const window at[2],
                   uint32_t *restrict to) {
  const int32_t c = p->input_c, row = p->input_w * c;
  if (p->dilation_w == 1 && is_whole(p, at[0]) && is_whole(p, at[1])) {
    const int8_t *a = x + at[0].y * row + at[0].x * c, *b = x + at[1].y * row + at[1].x * c;
    const int32_t run = p->kernel_w * c, step = p->dilation_h * row;
    for (int32_t i = p->kernel_h; i > 0; --i, a += step, b += step, to += 2 * run) join(a, b, run, to);
    return;
  }
  const int8_t padding = (int8_t)p->input_zero_point;
  for (int32_t i = 0; i < p->kernel_h; ++i) {
    const int32_t ya = at[0].y + i * p->dilation_h, yb = at[1].y + i * p->dilation_h;
    for (int32_t j = 0; j < p->kernel_w; ++j) {
      const int32_t xa = at[0].x + j * p->dilation_w, xb = at[1].x + j * p->dilation_w;
      const int32_t in_a = ya >= 0 && ya < p->input_h && xa >= 0 && xa < p->input_w;
      const int32_t in_b = yb >= 0 && yb < p->input_h && xb >= 0 && xb < p->input_w;
      const int8_t *a = in_a ? x + ya * row + xa * c : &padding;
      const int8_t *b = in_b ? x + yb * row + xb * c : &padding;
      /* a tap in the padding reads the zero point again and again */
      for (int32_t k = c; k > 0; --k, a += in_a, b += in_b, to += 2) *to = edgeml_pixel_pair(*a, *b);
    }
  }
}

void EDGEML_KERNEL(const edgeml_conv_2d_pairs_s8_params *params, const int8_t *x, const edgeml_pair_weights *restrict w,
                   const int16_t *restrict extra, const int32_t *restrict bias, const edgeml_rescale *restrict rescale,
                   const edgeml_scale *restrict scale, void *restrict scratch, int8_t *y) {
  uint32_t *const patch = scratch;
  const int32_t last = params->output_h * params->output_w - 1;
  window next = {-params->pad_top, -params->pad_left};
  int32_t column = 0;
  for (int32_t i = 0; i <= last; i += 4) {
    window at[4];
    for (int32_t j = 0; j < 4; ++j) {
      /* after the last pixel comes the last pixel again */
      at[j] = i + j <= last ? next : at[j - 1];
      next.x += params->stride_w;
      if (++column == params->output_w) {
        column = 0;
        next.x = -params->pad_left;
        next.y += params->stride_h;
      }
    }
    gather(params, x, at, patch);
    gather(params, x, at + 2, patch + 1);
    channels(params, patch, w, extra, bias, rescale, scale, y, last - i < 3 ? last - i + 1 : 4);
    y += 4 * params->output_c;
  }
}
