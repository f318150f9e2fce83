/* The body of the depthwise convolutions with pixel pairs. EDGEML_KERNEL names the function; before this file stands
 * rescale(sums, count, form, bias, scale, params, y): results of `count` sums, every second word, at y and every output_c
 * bytes from there. */
#include "tap_triples.h"

/* One row of the plane: `count` pairs of x, where a step is 0 for a row in the padding, between pairs of the padding. */
static uint32_t *fill_row(const edgeml_depthwise_conv_2d_pairs_s8_params *p, const int8_t *a, int32_t a_step,
                          const int8_t *b, int32_t b_step, uint32_t *to) {
  const uint32_t padding = edgeml_pixel_pair(p->input_zero_point, p->input_zero_point);
  int32_t left = p->pad_left < p->plane_w ? p->pad_left : p->plane_w, i = 0, j = 0;
  const int32_t inside = p->plane_w - left < p->input_w ? p->plane_w - left : p->input_w;
  int32_t right = p->plane_w - left - inside;
  for (; left > 0; --left) *to++ = padding;
  for (const uint32_t *const end = to + inside; to != end; i += a_step, j += b_step) *to++ = edgeml_pixel_pair(a[i], b[j]);
  for (; right > 0; --right) *to++ = padding;
  return to;
}

/* One channel's padded input: rows under the upper half of the outputs beside those under the lower half. */
static void fill_plane(const edgeml_depthwise_conv_2d_pairs_s8_params *p, const int8_t *x, uint32_t *to) {
  const int8_t padding = (int8_t)p->input_zero_point;
  const int32_t c = p->input_c, row = p->input_w * c;
  int32_t upper = -p->pad_top, lower = upper + p->half * p->stride_h;
  for (int32_t r = p->plane_h; r > 0; --r, ++upper, ++lower) {
    const int32_t has_a = upper >= 0 && upper < p->input_h, has_b = lower >= 0 && lower < p->input_h;
    to = fill_row(p, has_a ? x + upper * row : &padding, has_a ? c : 0, has_b ? x + lower * row : &padding,
                  has_b ? c : 0, to);
  }
}

/* One channel's weights with the ways between them; returns the next channel's. */
static const int8_t *fill_triples(const edgeml_depthwise_conv_2d_pairs_s8_params *p, const int8_t *taps,
                                  edgeml_triples *to) {
  const int32_t below = p->dilation_h * p->plane_w;
  int32_t left = *taps++, at = 0, *word = to->words;
  to->count = left;
  for (; left > 0; --left, taps += 4, word += 4) {
    const int32_t next = left == 1 ? p->stride_w : taps[3] != 0 ? at + below : at;
    word[0] = taps[0];
    word[1] = taps[1];
    word[2] = taps[2];
    word[3] = 4 * (next - at - 3);
    at = next;
  }
  return taps;
}

void EDGEML_KERNEL(const edgeml_depthwise_conv_2d_pairs_s8_params *params, const int8_t *x,
                   const int8_t *restrict taps, const int32_t *restrict bias, const edgeml_rescale *restrict forms,
                   const edgeml_scale *restrict scale, void *restrict scratch, int8_t *y) {
  edgeml_triples *const triples = scratch;
  uint32_t *const plane = (uint32_t *)(triples + 1);
  int32_t *const sums = (int32_t *)(plane + params->plane_h * params->plane_w);
  const int32_t width = params->output_w, half = params->half, lower = params->output_h - half;
  const int32_t row = width * params->output_c, down = params->stride_h * params->plane_w;
  int32_t same = 0; /* outputs that the plane still serves */
  for (int32_t o = params->output_c; o > 0; --o, ++bias, ++forms, ++y) {
    if (same == 0) {
      fill_plane(params, x++, plane);
      same = params->multiplier;
    }
    --same;
    taps = fill_triples(params, taps, triples);
    for (int32_t oy = 0; oy < half; oy += params->rows) {
      const int32_t rows = half - oy < params->rows ? half - oy : params->rows;
      const int32_t below = lower - oy < rows ? lower - oy : rows;
      edgeml_triple_rows(sums, plane + oy * down, triples, width, rows, down - width * params->stride_w);
      rescale(sums + 1, rows * width, *forms, *bias, scale, params, y + oy * row);
      if (below > 0) rescale(sums, below * width, *forms, *bias, scale, params, y + (half + oy) * row);
    }
  }
}
