#include "depthwise_conv_2d_mve_s8.h"

#include <stddef.h>

#include "compiler.h"
#include "mve.h"

/* In the strip lie, for each column, 16 channels of four bytes, one for each row. */
#define COLUMN 64

typedef struct {
  const int8_t *at;
  int32_t step; /* to the next column; 0 in a row of zero points outside the image */
} image_row;

/* The first `lanes` channels of `columns` > 0 columns. Functions of their own: they take nearly all registers. */
#define EDGEML_VST4                         \
  "vst40.8 {q0, q1, q2, q3}, [%[strip]]\n"  \
  "vst41.8 {q0, q1, q2, q3}, [%[strip]]\n"  \
  "vst42.8 {q0, q1, q2, q3}, [%[strip]]\n"  \
  "vst43.8 {q0, q1, q2, q3}, [%[strip]]!\n" \
  "le lr, 1b\n"

static EDGEML_NOINLINE void interleave3(const image_row rows[4], int32_t columns, int32_t lanes, int8_t *strip) {
  const int8_t *r0 = rows[0].at, *r1 = rows[1].at, *r2 = rows[2].at;
#if EDGEML_MVE
  __asm volatile(
      "vctp.8 %[lanes]\n"
      "dls lr, %[columns]\n"
      "1: vpsttt\n"
      "vldrbt.8 q0, [%[r0]]\n"
      "vldrbt.8 q1, [%[r1]]\n"
      "vldrbt.8 q2, [%[r2]]\n"
      "add %[r0], %[r0], %[s0]\n"
      "add %[r1], %[r1], %[s1]\n"
      "add %[r2], %[r2], %[s2]\n" EDGEML_VST4
      : [r0] "+r"(r0), [r1] "+r"(r1), [r2] "+r"(r2), [strip] "+r"(strip)
      : [s0] "r"(rows[0].step), [s1] "r"(rows[1].step), [s2] "r"(rows[2].step), [columns] "r"(columns),
        [lanes] "r"(lanes)
      : "q0", "q1", "q2", "q3", "lr", "memory");
#else
  for (int32_t i = 0; i < columns; ++i, strip += COLUMN) {
    for (int32_t c = 0; c < lanes; ++c) {
      strip[4 * c] = r0[c];
      strip[4 * c + 1] = r1[c];
      strip[4 * c + 2] = r2[c];
    }
    r0 += rows[0].step;
    r1 += rows[1].step;
    r2 += rows[2].step;
  }
#endif
}

static EDGEML_NOINLINE void interleave4(const image_row rows[4], int32_t columns, int32_t lanes, int8_t *strip) {
#if EDGEML_MVE
  const int8_t *r0 = rows[0].at, *r1 = rows[1].at, *r2 = rows[2].at, *r3 = rows[3].at;
  __asm volatile(
      "vctp.8 %[lanes]\n"
      "dls lr, %[columns]\n"
      "1: vpstttt\n"
      "vldrbt.8 q0, [%[r0]]\n"
      "vldrbt.8 q1, [%[r1]]\n"
      "vldrbt.8 q2, [%[r2]]\n"
      "vldrbt.8 q3, [%[r3]]\n"
      "add %[r0], %[r0], %[s0]\n"
      "add %[r1], %[r1], %[s1]\n"
      "add %[r2], %[r2], %[s2]\n"
      "add %[r3], %[r3], %[s3]\n" EDGEML_VST4
      : [r0] "+r"(r0), [r1] "+r"(r1), [r2] "+r"(r2), [r3] "+r"(r3), [strip] "+r"(strip)
      : [s0] "r"(rows[0].step), [s1] "r"(rows[1].step), [s2] "r"(rows[2].step), [s3] "r"(rows[3].step),
        [columns] "r"(columns), [lanes] "r"(lanes)
      : "q0", "q1", "q2", "q3", "lr", "memory");
#else
  for (int32_t k = 0; k < 4; ++k) {
    const int8_t *from = rows[k].at;
    for (int32_t i = 0; i < columns; ++i, from += rows[k].step)
      for (int32_t c = 0; c < lanes; ++c) strip[i * COLUMN + 4 * c + k] = from[c];
  }
#endif
}

/* Adds to the sums of four channels, for `count` > 0 outputs of a row, one part of their windows: sums[i] = start[i] + dot
 * product. The columns of a window are `offsets` bytes away from its first, outputs `step` bytes; the starts 16 bytes,
 * or 0 where they are the same for all outputs. */
static inline void dots(const int8_t *strip, const int32_t *weights, const int32_t offsets[4], int32_t step,
                        int32_t count, const int32_t *start, int32_t start_step, int32_t *sums) {
#if EDGEML_MVE
  int32_t a0, a1, a2, a3;
  int32x4_t at = vaddq_n_s32(vld1q_s32(offsets), (int32_t)strip), first = vld1q_s32(start), x, z;
  const int32x4_t w0 = vld1q_s32(weights), w1 = vld1q_s32(weights + 4);
  const int32x4_t w2 = vld1q_s32(weights + 8), w3 = vld1q_s32(weights + 12);
#define EDGEML_DOTS(load)                                                                                      \
  __asm volatile(                                                                                              \
      "dls lr, %[count]\n"                                                                                     \
      "1: vldrw.u32 %q[x], [%q[at]]\n"                                                                         \
      "vldrw.u32 %q[z], [%q[at], #4]\n"                                                                        \
      "vmladav.s8 %[a0], %q[w0], %q[x]\n"                                                                      \
      "vldrw.u32 %q[x], [%q[at], #8]\n"                                                                        \
      "vmladav.s8 %[a1], %q[w1], %q[z]\n"                                                                      \
      "vldrw.u32 %q[z], [%q[at], #12]\n"                                                                       \
      "vmladav.s8 %[a2], %q[w2], %q[x]\n"                                                                      \
      "vmladav.s8 %[a3], %q[w3], %q[z]\n"                                                                      \
      "vadd.i32 %q[at], %q[at], %[step]\n" load                                                                \
      "vmov %e[x], %[a0], %[a1]\n"                                                                             \
      "vmov %f[x], %[a2], %[a3]\n"                                                                             \
      "vadd.i32 %q[x], %q[x], %q[first]\n"                                                                     \
      "vstrw.32 %q[x], [%[sums]], #16\n"                                                                       \
      "le lr, 1b\n"                                                                                            \
      : [a0] "=&Te"(a0), [a1] "=&Te"(a1), [a2] "=&Te"(a2), [a3] "=&Te"(a3), [sums] "+r"(sums), [start] "+r"(start), \
        [at] "+w"(at), [first] "+w"(first), [x] "=&w"(x), [z] "=&w"(z)                                         \
      : [w0] "w"(w0), [w1] "w"(w1), [w2] "w"(w2), [w3] "w"(w3), [step] "r"(step), [count] "r"(count)           \
      : "lr", "memory")
  if (start_step == 0)
    EDGEML_DOTS("");
  else
    EDGEML_DOTS("vldrw.32 %q[first], [%[start]], #16\n");
#undef EDGEML_DOTS
#else
  for (int32_t i = 0; i < count; ++i, strip += step, start += start_step / 4, sums += 4) {
    for (int32_t c = 0; c < 4; ++c) {
      int32_t sum = start[c];
      for (int32_t j = 0; j < 4; ++j)
        for (int32_t k = 0; k < 4; ++k)
          sum += strip[offsets[j] + 4 * c + k] * edgeml_stream_byte(weights, 16 * c + 4 * j + k);
      sums[c] = sum;
    }
  }
#endif
}

/* `count` > 0 outputs of up to four channels, `step` bytes apart. */
static inline void store(const int32_t *sums, const int32_t *scale, edgeml_s8_range range, int32_t channels,
                         int32_t step, int32_t count, int8_t *y) {
#if EDGEML_MVE
  if (channels >= 4) {
    const int32x4_t factor = vld1q_s32(scale), min = vdupq_n_s32(range.min), max = vdupq_n_s32(range.max);
    /* as edgeml_store_s8x4 */
    __asm volatile(
        "dls lr, %[count]\n"
        "1: vldrw.32 q0, [%[sums]], #16\n"
        "vcvt.f32.s32 q0, q0\n"
        "vmul.f32 q0, q0, %q[factor]\n"
        "vcvtn.s32.f32 q0, q0\n"
        "vqadd.s32 q0, q0, %[zero]\n"
        "vmax.s32 q0, q0, %q[min]\n"
        "vmin.s32 q0, q0, %q[max]\n"
        "vstrb.32 q0, [%[y]]\n"
        "add %[y], %[y], %[step]\n"
        "le lr, 1b\n"
        : [sums] "+r"(sums), [y] "+l"(y)
        : [count] "r"(count), [step] "r"(step), [zero] "r"(range.zero_point), [factor] "w"(factor), [min] "w"(min),
          [max] "w"(max)
        : "q0", "lr", "memory");
    return;
  }
#endif
  for (int32_t i = 0; i < count; ++i, y += step, sums += 4)
    edgeml_store_s8x4(y, edgeml_load_x4(sums), scale, range, channels);
}

/* A row of y as it is computed: 16 channels from `c` on. */
typedef struct {
  const edgeml_depthwise_conv_2d_mve_s8_params *p;
  const int8_t *x, *outside; /* a pixel of zero points */
  int8_t *strip;             /* whose columns from `begin` to `end` lie in the image */
  int32_t *sums;             /* of output_w times four channels; `sums_step` further those of the next four */
  int32_t sums_step, begin, end, c, lanes;
  int32_t words; /* of the stream for four channels */
} work;

/* Rows y0, y0 + dilation, ... of the image, four at most, of which `count` belong to the window, into the strip. */
static void fill(const work *w, int32_t y0, int32_t count) {
  const edgeml_depthwise_conv_2d_mve_s8_params *const p = w->p;
  image_row rows[4];
  if (w->end <= w->begin) return;
  for (int32_t k = 0; k < 4; ++k, y0 += p->dilation_h) {
    const int32_t inside = k < count && y0 >= 0 && y0 < p->input_h;
    rows[k].at = inside ? w->x + y0 * p->input_w * p->input_c + w->c : w->outside;
    rows[k].step = inside ? p->input_c : 0;
  }
  /* with three rows the fourth byte keeps its value */
  if (count < 4)
    interleave3(rows, w->end - w->begin, w->lanes, w->strip + w->begin * COLUMN);
  else
    interleave4(rows, w->end - w->begin, w->lanes, w->strip + w->begin * COLUMN);
}

/* The parts of all windows whose rows are in the strip, from part `number` on; the row of y if they are the last. */
static inline void parts(const work *w, const int32_t *stream, int32_t number, int8_t *y) {
  const edgeml_depthwise_conv_2d_mve_s8_params *const p = w->p;
  const int32_t across = COLUMN * p->dilation_w, offsets[4] = {0, across, 2 * across, 3 * across};
  const int32_t end = number + (p->kernel_w + 3) / 4, step = COLUMN * p->stride_w, count = p->output_w;
  const edgeml_s8_range range = {p->output_zero_point, p->activation_min, p->activation_max};
  int32_t *sums = w->sums;
  for (int32_t q = 0; q < w->lanes; q += 4, stream += w->words, sums += w->sums_step) {
    const int32_t *weights = stream + 4 + 16 * number;
    const int8_t *strip = w->strip + 4 * q;
    for (int32_t i = number; i < end; ++i, weights += 16, strip += 4 * across)
      dots(strip, weights, offsets, step, count, i == 0 ? stream : sums, i == 0 ? 0 : 16, sums);
    if (y != NULL) store(sums, stream + w->words - 4, range, w->lanes - q, p->output_c, count, y + q);
  }
}

void edgeml_depthwise_conv_2d_mve_s8(const edgeml_depthwise_conv_2d_mve_s8_params *params, const int8_t *x,
                                     const int32_t *restrict stream, void *restrict scratch, int8_t *y) {
  const int32_t channels = params->input_c, out_w = params->output_w, kernel_h = params->kernel_h;
  const int32_t columns =
      EDGEML_DEPTHWISE_MVE_COLUMNS(out_w, params->kernel_w, params->stride_w, params->dilation_w);
  const int32_t in_row = (params->kernel_w + 3) / 4, right = params->pad_left + params->input_w;
  int8_t outside[16];
  work w = {params, x, outside, scratch, (int32_t *)scratch + columns * (COLUMN / 4), 0, 0, 0, 0, 0, 0};
  w.sums_step = kernel_h > 4 ? 4 * out_w : 0;
  w.begin = params->pad_left < columns ? params->pad_left : columns;
  w.end = right < columns ? right : columns;
  w.words = 8 + 16 * in_row * ((kernel_h + 3) / 4);
  edgeml_fill_s8(outside, (int8_t)params->input_zero_point, 16);
  for (w.c = 0; w.c < channels; w.c += 16) {
    const int32_t *const quads = stream + w.c / 4 * w.words;
    int8_t *row = y + w.c;
    w.lanes = channels - w.c < 16 ? channels - w.c : 16;
    edgeml_fill_s8(w.strip, (int8_t)params->input_zero_point, columns * COLUMN);
    for (int32_t oy = 0; oy < params->output_h; ++oy, row += out_w * channels) {
      const int32_t y0 = oy * params->stride_h - params->pad_top;
      for (int32_t i = 0, number = 0; i < kernel_h; i += 4, number += in_row) {
        fill(&w, y0 + i * params->dilation_h, kernel_h - i);
        parts(&w, quads, number, i + 4 >= kernel_h ? row : NULL);
      }
    }
  }
}
