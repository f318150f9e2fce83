#include "conv_2d_s8.h"

#include <stddef.h>

#include "compiler.h"
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
static void gather_whole(const edgeml_conv_2d_s8_params *p, const int8_t *x, window first, window second,
                         int32_t *restrict patch) {
  const int32_t zero = p->input_zero_point, run = p->kernel_w * p->input_c;
  const int32_t row = p->input_w * p->input_c, step = p->dilation_h * row - run;
  const int8_t *a = x + first.y * row + first.x * p->input_c;
  const int8_t *b = x + second.y * row + second.x * p->input_c;
  for (int32_t i = p->kernel_h; i > 0; --i, a += step, b += step)
    for (const int8_t *const end = a + run; a != end; ++a, ++b) *patch++ = join(*a - zero, *b - zero);
}

/* Any windows, tap by tap. A tap in the padding reads the zero point again and again. */
static void gather_any(const edgeml_conv_2d_s8_params *p, const int8_t *x, window first, window second,
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

/* A function of its own: the loop needs all registers, and inlined it would spill. */
EDGEML_NOINLINE static void convolve(sums *result, const int32_t *patch, const int8_t *w0, const int8_t *w1,
                                     int32_t length) {
  int32_t a0 = result->a0, b0 = result->b0, a1 = result->a1, b1 = result->b1;
  for (; (length & 3) != 0; --length, patch += 1, ++w0, ++w1) {
    const int32_t p0 = (int16_t)patch[0], q0 = patch[0] >> 16;
    a0 += p0 * w0[0];
    b0 += q0 * w0[0];
    a1 += p0 * w1[0];
    b1 += q0 * w1[0];
  }
  for (const int8_t *const end = w0 + length; w0 != end; patch += 4, w0 += 4, w1 += 4) {
    const int32_t p0 = (int16_t)patch[0], q0 = patch[0] >> 16;
    a0 += p0 * w0[0];
    b0 += q0 * w0[0];
    a1 += p0 * w1[0];
    b1 += q0 * w1[0];
    const int32_t p1 = (int16_t)patch[1], q1 = patch[1] >> 16;
    a0 += p1 * w0[1];
    b0 += q1 * w0[1];
    a1 += p1 * w1[1];
    b1 += q1 * w1[1];
    const int32_t p2 = (int16_t)patch[2], q2 = patch[2] >> 16;
    a0 += p2 * w0[2];
    b0 += q2 * w0[2];
    a1 += p2 * w1[2];
    b1 += q2 * w1[2];
    const int32_t p3 = (int16_t)patch[3], q3 = patch[3] >> 16;
    a0 += p3 * w0[3];
    b0 += q3 * w0[3];
    a1 += p3 * w1[3];
    b1 += q3 * w1[3];
  }
  result->a0 = a0;
  result->b0 = b0;
  result->a1 = a1;
  result->b1 = b1;
}

/* All channels of the two windows in the patch; `second` is NULL when there is one window only. */
static void channels(const edgeml_conv_2d_s8_params *p, const int32_t *restrict patch, const int8_t *restrict w,
                     const int32_t *restrict bias, const edgeml_scale *restrict scale, int8_t *first, int8_t *second) {
  const int32_t length = p->kernel_h * p->kernel_w * p->input_c, out = p->output_zero_point;
  const int32_t min = p->activation_min, max = p->activation_max;
  /* sum of x * (w - weight_zero) = sum of x * w, less weight_zero times the sum of x */
  int32_t start_a = 0, start_b = 0;
  if (p->weight_zero_point != 0) {
    for (int32_t i = 0; i < length; ++i) {
      start_a += (int16_t)patch[i];
      start_b += patch[i] >> 16;
    }
    start_a *= -p->weight_zero_point;
    start_b *= -p->weight_zero_point;
  }
  for (int32_t o = 0; o < p->output_c; o += 2, w += 2 * length) {
    const int32_t odd = o + 1 == p->output_c ? 0 : 1; /* a last single channel is computed twice, stored once */
    sums s = {start_a, start_b, start_a, start_b};
    if (bias != NULL) {
      s.a0 += bias[o];
      s.b0 += bias[o];
      s.a1 += bias[o + odd];
      s.b1 += bias[o + odd];
    }
    convolve(&s, patch, w, w + odd * length, length);
    const edgeml_scale scale0 = scale[o], scale1 = scale[o + odd];
    first[o] = (int8_t)edgeml_requantize(s.a0, scale0, out, min, max);
    first[o + odd] = (int8_t)edgeml_requantize(s.a1, scale1, out, min, max);
    if (second != NULL) {
      second[o] = (int8_t)edgeml_requantize(s.b0, scale0, out, min, max);
      second[o + odd] = (int8_t)edgeml_requantize(s.b1, scale1, out, min, max);
    }
  }
}

void edgeml_conv_2d_s8(const edgeml_conv_2d_s8_params *params, const int8_t *x, const int8_t *restrict w,
                       const int32_t *restrict bias, const edgeml_scale *restrict scale, void *restrict scratch,
                       int8_t *y) {
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
