#include "depthwise_3x3_dsp_s8.h"

#include "compiler.h"
#include "requantize_near.h"

/* A row of the filter as words of weights (0, 1) and (1, 2). */
static inline void unpack(const int8_t *w, uint32_t *w01, uint32_t *w12) {
  const uint32_t row = edgeml_load_word(w), even = edgeml_sxtb16(row), odd = edgeml_sxtb16_odd(row);
  *w01 = edgeml_pack_low(even, odd);
  *w12 = edgeml_pack(odd, even);
}

/* One row of the filter for two neighbouring outputs with stride 1; x goes one pair on. */
static inline const uint32_t *row_stride_1(const uint32_t *x, uint32_t w01, uint32_t w12, int32_t *a, int32_t *b) {
#if EDGEML_DSP
  uint32_t p, q;
  __asm__ volatile(
      "ldrd %[p], %[q], [%[x]], #4\n\t"
      "smlad %[a], %[p], %[w01], %[a]\n\t"
      "smlatb %[b], %[p], %[w01], %[b]\n\t"
      "smlabt %[a], %[q], %[w12], %[a]\n\t"
      "smlad %[b], %[q], %[w12], %[b]"
      : [x] "+r"(x), [a] "+r"(*a), [b] "+r"(*b), [p] "=&r"(p), [q] "=&r"(q)
      : [w01] "r"(w01), [w12] "r"(w12)
      : "memory");
  return x;
#else
  *a = edgeml_smlabt(x[1], w12, edgeml_smlad(x[0], w01, *a));
  *b = edgeml_smlad(x[1], w12, edgeml_smlatb(x[0], w01, *b));
  return x + 1;
#endif
}

/* The same with stride 2; x goes two pairs on. */
static inline const uint32_t *row_stride_2(const uint32_t *x, uint32_t w01, uint32_t w12, int32_t *a, int32_t *b) {
#if EDGEML_DSP
  uint32_t p, q;
  __asm__ volatile(
      "ldrd %[p], %[q], [%[x]], #8\n\t"
      "smlad %[a], %[p], %[w01], %[a]\n\t"
      "ldr %[p], [%[x]]\n\t"
      "smlabt %[a], %[q], %[w12], %[a]\n\t"
      "smlad %[b], %[q], %[w01], %[b]\n\t"
      "smlabt %[b], %[p], %[w12], %[b]"
      : [x] "+r"(x), [a] "+r"(*a), [b] "+r"(*b), [p] "=&r"(p), [q] "=&r"(q)
      : [w01] "r"(w01), [w12] "r"(w12)
      : "memory");
  return x;
#else
  *a = edgeml_smlabt(x[1], w12, edgeml_smlad(x[0], w01, *a));
  *b = edgeml_smlabt(x[2], w12, edgeml_smlad(x[1], w01, *b));
  return x + 2;
#endif
}

/* One channel of a band. */
EDGEML_INLINE void convolve(const edgeml_depthwise_3x3_dsp_s8_params *p, int32_t stride, const uint32_t *plane,
                            const int8_t *w, int32_t bias, edgeml_scale scale, int32_t rows, int8_t *y) {
  uint32_t w01[3], w12[3];
  for (int32_t i = 0; i < 3; ++i) unpack(w + 3 * i, &w01[i], &w12[i]);
  const int32_t zero = p->output_zero_point, step = p->y_column, odd = p->output_w & 1;
  const int32_t used = p->output_w / 2 * stride, skip = p->stride_h * p->pitch - used;
  const int32_t y_skip = p->y_row - (p->output_w - odd) * step;
  const uint32_t *r0 = plane, *r1 = r0 + p->dilation_h * p->pitch, *r2 = r1 + p->dilation_h * p->pitch;
  for (; rows > 0; --rows) {
    for (const uint32_t *const end = r0 + used; r0 != end; y += step) {
      int32_t a = bias, b = bias;
      if (stride == 1) {
        r0 = row_stride_1(r0, w01[0], w12[0], &a, &b);
        r1 = row_stride_1(r1, w01[1], w12[1], &a, &b);
        r2 = row_stride_1(r2, w01[2], w12[2], &a, &b);
      } else {
        r0 = row_stride_2(r0, w01[0], w12[0], &a, &b);
        r1 = row_stride_2(r1, w01[1], w12[1], &a, &b);
        r2 = row_stride_2(r2, w01[2], w12[2], &a, &b);
      }
      edgeml_requantize_two(&a, &b, scale, zero);
      *y = (int8_t)a;
      y += step;
      *y = (int8_t)b;
    }
    if (odd != 0) {
      int32_t a = edgeml_smlabt(r0[1], w12[0], edgeml_smlad(r0[0], w01[0], bias));
      a = edgeml_smlabt(r1[1], w12[1], edgeml_smlad(r1[0], w01[1], a));
      a = edgeml_smlabt(r2[1], w12[2], edgeml_smlad(r2[0], w01[2], a));
      *y = (int8_t)edgeml_requantize_near(a, scale, zero);
    }
    r0 += skip;
    r1 += skip;
    r2 += skip;
    y += y_skip;
  }
}

/* Functions of their own, so that the loops have all registers. */
EDGEML_NOINLINE static void convolve_1(const edgeml_depthwise_3x3_dsp_s8_params *p, const uint32_t *plane,
                                       const int8_t *w, int32_t bias, edgeml_scale scale, int32_t rows, int8_t *y) {
  convolve(p, 1, plane, w, bias, scale, rows, y);
}
EDGEML_NOINLINE static void convolve_2(const edgeml_depthwise_3x3_dsp_s8_params *p, const uint32_t *plane,
                                       const int8_t *w, int32_t bias, edgeml_scale scale, int32_t rows, int8_t *y) {
  convolve(p, 2, plane, w, bias, scale, rows, y);
}

void edgeml_depthwise_3x3_dsp_s8(const edgeml_depthwise_3x3_dsp_s8_params *params, const int8_t *x,
                                 const int8_t *restrict w, const int32_t *restrict bias,
                                 const edgeml_scale *restrict scale, void *restrict scratch, int8_t *y) {
  const edgeml_depthwise_3x3_dsp_s8_params *const p = params;
  const int32_t plane = ((p->band_h - 1) * p->stride_h + p->window_h) * p->pitch;
  int8_t *band = y;
  edgeml_fill_planes(p, scratch, plane);
  for (int32_t oy = 0; oy < p->output_h; oy += p->band_h, band += p->band_h * p->y_row) {
    const int32_t rows = p->output_h - oy < p->band_h ? p->output_h - oy : p->band_h;
    for (int32_t done = 0; done < p->channels;) {
      /* the last four may be others once more */
      const int32_t first = done < p->channels - 4 ? done : p->channels - 4;
      edgeml_put_band(p, x + first, oy * p->stride_h - p->pad_top, (rows - 1) * p->stride_h + p->window_h, scratch, plane);
      for (; done < first + 4; ++done) {
        const uint32_t *const from = (const uint32_t *)scratch + (done - first) * plane;
        for (int32_t o = done * p->multiplier; o < (done + 1) * p->multiplier; ++o) {
          if (p->stride_w == 1)
            convolve_1(p, from, w + 9 * o, bias[o], scale[o], rows, band + o);
          else
            convolve_2(p, from, w + 9 * o, bias[o], scale[o], rows, band + o);
        }
      }
    }
  }
  edgeml_clamp_bytes(y, p->output_h * p->output_w * p->channels * p->multiplier, p->activation_min, p->activation_max);
}
