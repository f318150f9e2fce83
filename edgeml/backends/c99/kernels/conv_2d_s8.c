#include "conv_2d_s8.h"

#include <stddef.h>

#include "requantize.h"

/* Windows are taken two at a time and copied side by side: word k of the patch holds x[k] - zero_point of the
 * first window in its low half and that of the second in its high half. So the inner loop has one contiguous
 * run whatever the padding, stride and dilation are, and loads each pair of x once for two channels. */
typedef struct {
  int32_t y, x; /* input coordinates of tap (0, 0); negative in the padding */
} window;

static inline int32_t join(int32_t low, int32_t high) {
  return (int32_t)(((uint32_t)high << 16) | ((uint32_t)low & 0xFFFFu));
}

static int32_t is_whole(const edgeml_conv_2d_s8_params *p, window at) {
  return at.y >= 0 && at.y + (p->kernel_h - 1) * p->dilation_h < p->input_h && at.x >= 0 &&
         at.x + (p->kernel_w - 1) * p->dilation_w < p->input_w;
}

/* Both windows lie inside the image and dilation_w is 1: their rows are contiguous. */
static void gather_whole(const edgeml_conv_2d_s8_params *p, const int8_t *restrict x, window first, window second,
                         int32_t *restrict patch) {
  const int32_t zero = p->input_zero_point, run = p->kernel_w * p->input_c;
  const int32_t row = p->input_w * p->input_c, step = p->dilation_h * row - run;
  const int8_t *a = x + first.y * row + first.x * p->input_c;
  const int8_t *b = x + second.y * row + second.x * p->input_c;
  for (int32_t i = p->kernel_h; i > 0; --i, a += step, b += step)
    for (const int8_t *const end = a + run; a != end; ++a, ++b) *patch++ = join(*a - zero, *b - zero);
}

/* Any windows, tap by tap. A tap in the padding reads the zero point again and again. */
static void gather_any(const edgeml_conv_2d_s8_params *p, const int8_t *restrict x, window first, window second,
                       int32_t *restrict patch) {
  const int32_t zero = p->input_zero_point, c = p->input_c;
  const int8_t padding = (int8_t)zero;
  for (int32_t i = 0; i < p->kernel_h; ++i) {
    const int32_t ya = first.y + i * p->dilation_h, yb = second.y + i * p->dilation_h;
    for (int32_t j = 0; j < p->kernel_w; ++j) {
      const int32_t xa = first.x + j * p->dilation_w, xb = second.x + j * p->dilation_w;
      const int32_t in_a = ya >= 0 && ya < p->input_h && xa >= 0 && xa < p->input_w;
      const int32_t in_b = yb >= 0 && yb < p->input_h && xb >= 0 && xb < p->input_w;
      const int8_t *a = in_a ? x + (ya * p->input_w + xa) * c : &padding;
      const int8_t *b = in_b ? x + (yb * p->input_w + xb) * c : &padding;
      for (int32_t k = c; k > 0; --k, a += in_a, b += in_b) *patch++ = join(*a - zero, *b - zero);
    }
  }
}

typedef struct {
  int32_t a0, b0, a1, b1; /* windows a and b, channels 0 and 1 */
} sums;

static inline sums multiply(sums s, int32_t pair, int32_t w0, int32_t w1) {
  const int32_t a = (int16_t)pair, b = pair >> 16; /* arithmetic, as every compiler for these cores does it */
  s.a0 += a * w0;
  s.b0 += b * w0;
  s.a1 += a * w1;
  s.b1 += b * w1;
  return s;
}

static inline sums convolve(sums s, const int32_t *patch, const int8_t *w0, const int8_t *w1, int32_t length) {
  for (; (length & 3) != 0; --length) s = multiply(s, *patch++, *w0++, *w1++);
  for (const int8_t *const end = w0 + length; w0 != end; patch += 4, w0 += 4, w1 += 4) {
    s = multiply(s, patch[0], w0[0], w1[0]);
    s = multiply(s, patch[1], w0[1], w1[1]);
    s = multiply(s, patch[2], w0[2], w1[2]);
    s = multiply(s, patch[3], w0[3], w1[3]);
  }
  return s;
}

/* All channels of the two windows in the patch; `second` is NULL when there is one window only. */
static void channels(const edgeml_conv_2d_s8_params *p, const int32_t *restrict patch, const int8_t *restrict w,
                     const int32_t *restrict bias, const float *restrict scale, int8_t *first, int8_t *second) {
  const int32_t length = p->kernel_h * p->kernel_w * p->input_c, out = p->output_zero_point;
  const int32_t min = p->activation_min, max = p->activation_max;
  for (int32_t o = 0; o < p->output_c; o += 2, w += 2 * length) {
    const int32_t odd = o + 1 == p->output_c ? 0 : 1; /* a last single channel is computed twice, stored once */
    sums s = {0, 0, 0, 0};
    if (bias != NULL) {
      s.a0 = s.b0 = bias[o];
      s.a1 = s.b1 = bias[o + odd];
    }
    s = convolve(s, patch, w, w + odd * length, length);
    const float scale0 = scale[o], scale1 = scale[o + odd];
    first[o] = (int8_t)edgeml_requantize(s.a0, scale0, out, min, max);
    first[o + odd] = (int8_t)edgeml_requantize(s.a1, scale1, out, min, max);
    if (second != NULL) {
      second[o] = (int8_t)edgeml_requantize(s.b0, scale0, out, min, max);
      second[o + odd] = (int8_t)edgeml_requantize(s.b1, scale1, out, min, max);
    }
  }
}

void edgeml_conv_2d_s8(const edgeml_conv_2d_s8_params *params, const int8_t *restrict x, const int8_t *restrict w,
                       const int32_t *restrict bias, const float *restrict scale, void *restrict scratch,
                       int8_t *restrict y) {
  int32_t *const patch = scratch;
  window waiting = {0, 0};
  int32_t waits = 0; /* whether `waiting` holds a window whose partner is still to come */
  for (int32_t oy = 0; oy < params->output_h; ++oy) {
    window at = {oy * params->stride_h - params->pad_top, -params->pad_left};
    for (int32_t ox = 0; ox < params->output_w; ++ox, at.x += params->stride_w) {
      const int32_t last = oy + 1 == params->output_h && ox + 1 == params->output_w;
      if (!waits && !last) {
        waiting = at;
        waits = 1;
        continue;
      }
      const window first = waits ? waiting : at;
      if (params->dilation_w == 1 && is_whole(params, first) && is_whole(params, at))
        gather_whole(params, x, first, at, patch);
      else
        gather_any(params, x, first, at, patch);
      channels(params, patch, w, bias, scale, y, waits ? y + params->output_c : NULL);
      y += waits ? 2 * params->output_c : params->output_c;
      waits = 0;
    }
  }
}
