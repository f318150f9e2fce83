/* What the packed depthwise kernels share: four channels of some rows of an image as planes of int16, padded.
 *
 * "Row" and "column" are what the caller makes of them by the steps between them: an image may be taken transposed. */
#ifndef EDGEML_DEPTHWISE_PLANES_H
#define EDGEML_DEPTHWISE_PLANES_H

#include <stdint.h>

#include "compiler.h"
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

/* Rows of x on their way into the planes, as the assembly reads them. */
typedef struct {
  uint32_t *to;       /* the first word that holds x */
  int32_t plane;      /* words of a plane */
  const int8_t *x;    /* four channels of the first pixel */
  int32_t step;       /* bytes to the next pixel */
  uint32_t zero;      /* four times the zero point */
  int32_t words;      /* pairs of a row without padding behind their first pixel */
  int32_t last;       /* 1: then comes one with padding behind */
  int32_t first;      /* 1: the first pair begins with padding */
  int32_t rows;
  int32_t skip;       /* bytes from behind the last pair to the next row of x */
  int32_t plane_skip; /* the same in a plane */
} edgeml_plane_rows;

#if EDGEML_DSP && defined(__GNUC__)
/* r0 to, r1 plane, r2 x, r3 step, r4 zero, r5 three planes; r6, r7 two pixels; r10 words, r11 last, lr rows */
__attribute__((naked, noinline)) static void edgeml_put_rows(__attribute__((unused)) const edgeml_plane_rows *rows) {
  __asm__(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "mov r12, r0\n"
      "ldm r12!, {r0-r4}\n"
      "lsl r1, r1, #2\n"
      "add r5, r1, r1, lsl #1\n"
      "ldr lr, [r12, #12]\n"
      "0:\n"
      "ldm r12, {r10, r11}\n"
      "cmp r10, #0\n"
      "beq 4f\n"
      "ldr r6, [r12, #8]\n"
      "cbz r6, 1f\n"
      "mov r6, r4\n"
      "sub r2, r2, r3\n"
      "b 2f\n"
      "1:\n"
      "ldr r6, [r2]\n"
      "2:\n"
      "ldr r7, [r2, r3]\n"
      "3:\n"
      "add r2, r2, r3, lsl #1\n"
      "pkhbt r8, r6, r7, lsl #16\n"
      "pkhtb r9, r7, r6, asr #16\n"
      "sxtb16 r6, r8\n"
      "sxtb16 r8, r8, ror #8\n"
      "sxtb16 r7, r9\n"
      "sxtb16 r9, r9, ror #8\n"
      "str r8, [r0, r1]\n"
      "str r7, [r0, r1, lsl #1]\n"
      "str r9, [r0, r5]\n"
      "str r6, [r0], #4\n"
      "subs r10, #1\n"
      "bne 1b\n"
      "4:\n"
      "subs r11, #1\n"
      "bmi 5f\n"
      "ldr r6, [r2]\n"
      "mov r7, r4\n"
      "movs r10, #1\n"
      "b 3b\n"
      "5:\n"
      "ldrd r6, r7, [r12, #16]\n"
      "add r2, r6\n"
      "add r0, r7\n"
      "subs lr, #1\n"
      "bne 0b\n"
      "pop {r4-r11, pc}\n");
}
#else
static void edgeml_put_rows(const edgeml_plane_rows *rows) {
  const int8_t *x = rows->x;
  uint32_t *to = rows->to;
  for (int32_t r = rows->rows; r > 0; --r, x += rows->skip, to += rows->plane_skip / 4) {
    x -= rows->first * rows->step;
    for (int32_t i = 0; i < rows->words + rows->last; ++i, x += 2 * rows->step, ++to) {
      const uint32_t a = i < rows->first ? rows->zero : edgeml_load_word(x);
      const uint32_t b = i == rows->words ? rows->zero : edgeml_load_word(x + rows->step);
      const uint32_t low = edgeml_pack_low(a, b), high = edgeml_pack_high(a, b);
      to[0] = edgeml_sxtb16(low);
      to[rows->plane] = edgeml_sxtb16_odd(low);
      to[2 * rows->plane] = edgeml_sxtb16(high);
      to[3 * rows->plane] = edgeml_sxtb16_odd(high);
    }
  }
}
#endif

EDGEML_NOINLINE static void edgeml_fill_plane(uint32_t *to, int32_t words, uint32_t zero) {
  for (; words > 0; --words) *to++ = edgeml_sxtb16(zero);
}

/* What is the same for all rows; and the planes all filled with padding. */
static inline edgeml_plane_rows edgeml_plane_prepare(const edgeml_depthwise_planes_params *p, uint32_t *planes) {
  edgeml_plane_rows rows;
  const int32_t first = p->columns > 0 ? p->pad_left & 1 : 0, rest = p->columns - first;
  rows.plane = ((p->band_h - 1) * p->stride_h + p->window_h) * p->pitch;
  rows.step = p->x_column;
  rows.zero = 0x01010101u * (uint8_t)p->input_zero_point;
  rows.first = first;
  rows.last = rest & 1;
  rows.words = first + (rest >> 1);
  rows.skip = p->x_row - (2 * (rows.words + rows.last) - first) * p->x_column;
  rows.plane_skip = 4 * (p->pitch - rows.words - rows.last);
  edgeml_fill_plane(planes, 4 * rows.plane, rows.zero);
  return rows;
}

/* Rows from y0 on under `count` rows of y, from where x points in row 0, into the planes; rows outside are padding. */
static inline void edgeml_put_band(const edgeml_depthwise_planes_params *p, edgeml_plane_rows *rows, uint32_t *planes,
                                   const int8_t *x, int32_t y0, int32_t count) {
  const int32_t under = (count - 1) * p->stride_h + p->window_h;
  int32_t above = y0 < 0 ? -y0 : 0, below = y0 + under - p->input_h;
  if (above > under) above = under;
  if (below < 0) below = 0;
  if (below > under) below = under;
  rows->rows = under - above - below;
  /* with one band, padding was filled in for good */
  if (above + below > 0 && p->band_h < p->output_h)
    for (int32_t i = 0; i < 4; ++i) {
      uint32_t *const plane = planes + i * rows->plane;
      edgeml_fill_plane(plane, above * p->pitch, rows->zero);
      edgeml_fill_plane(plane + (above + rows->rows) * p->pitch, below * p->pitch, rows->zero);
    }
  if (rows->rows <= 0 || p->columns <= 0) return;
  rows->to = planes + above * p->pitch + (p->pad_left >> 1);
  rows->x = x + (y0 + above) * p->x_row;
  edgeml_put_rows(rows);
}

#endif
