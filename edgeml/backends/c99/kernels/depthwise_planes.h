/* What the packed depthwise kernels share: four channels of some rows of an image as planes of int16, padded.
 *
 * "Row" and "column" are what the caller makes of them by the steps between them: an image may be taken transposed. */
#ifndef EDGEML_DEPTHWISE_PLANES_H
#define EDGEML_DEPTHWISE_PLANES_H

#include <stdint.h>

#include "dsp.h"

typedef struct {
  int32_t channels, multiplier;                /* channels 4 or more; output channel o reads o / multiplier */
  int32_t input_h, columns;                    /* rows of x, and how many elements of each the windows reach */
  int32_t x_row, x_column;                     /* bytes from one row or column of x to the next */
  int32_t output_h, output_w;
  int32_t y_row, y_column;                     /* bytes from one row or column of y to the next */
  int32_t stride_h, stride_w;
  int32_t window_h, dilation_h;                /* rows that a window spans; rows from one tap to the next */
  int32_t pad_top, pad_left;                   /* padding stands for the input's zero point */
  int32_t band_h;                              /* rows of y that are computed from one set of planes */
  int32_t pitch;                               /* words of a row in a plane */
  int32_t input_zero_point, output_zero_point; /* -128..127 */
  int32_t activation_min, activation_max;      /* -128..127 */
} edgeml_depthwise_planes_params;

/* Four bytes of pixel a and four of pixel b as pairs (a, b) in four planes. */
static inline uint32_t *edgeml_put_pixels(uint32_t *to, int32_t plane, uint32_t a, uint32_t b) {
  const uint32_t low = edgeml_pack_low(a, b), high = edgeml_pack_high(a, b);
  to[0] = edgeml_sxtb16(low);
  to[plane] = edgeml_sxtb16_odd(low);
  to[2 * plane] = edgeml_sxtb16(high);
  to[3 * plane] = edgeml_sxtb16_odd(high);
  return to + 1;
}

/* Four channels of a row of x, which start at x, into a row of each plane. */
static inline void edgeml_put_row(const edgeml_depthwise_planes_params *p, const int8_t *x, uint32_t *to,
                                  int32_t plane, uint32_t zero) {
  const int32_t step = p->x_column;
  int32_t left = p->columns;
  to += p->pad_left / 2;
  if ((p->pad_left & 1) != 0 && left > 0) {
    to = edgeml_put_pixels(to, plane, zero, edgeml_load_word(x));
    x += step;
    --left;
  }
  for (; left >= 2; left -= 2, x += 2 * step)
    to = edgeml_put_pixels(to, plane, edgeml_load_word(x), edgeml_load_word(x + step));
  if (left > 0) edgeml_put_pixels(to, plane, edgeml_load_word(x), zero);
}

/* The padding left and right of the image: all words hold the zero point, and those keep it. */
static inline void edgeml_fill_planes(const edgeml_depthwise_planes_params *p, uint32_t *to, int32_t plane) {
  const uint32_t zero = edgeml_sxtb16(0x01010101u * (uint8_t)p->input_zero_point);
  for (int32_t i = 4 * plane; i > 0; --i) *to++ = zero;
}

/* Rows y0 .. y0 + rows - 1 of x, from channel c on, into the planes; rows outside of x are padding. */
static inline void edgeml_put_band(const edgeml_depthwise_planes_params *p, const int8_t *x, int32_t y0, int32_t rows,
                                   uint32_t *to, int32_t plane) {
  const uint32_t zero = 0x01010101u * (uint8_t)p->input_zero_point;
  for (int32_t r = y0; r < y0 + rows; ++r) {
    if (r >= 0 && r < p->input_h) {
      edgeml_put_row(p, x + r * p->x_row, to, plane, zero);
      to += p->pitch;
    } else {
      for (int32_t i = p->pitch; i > 0; --i) to = edgeml_put_pixels(to, plane, zero, zero);
    }
  }
}

#endif
