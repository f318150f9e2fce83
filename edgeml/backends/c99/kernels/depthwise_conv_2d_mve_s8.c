#include "depthwise_conv_2d_mve_s8.h"

#include "compiler.h"
#include "mve.h"

/* Three rows of 16 channels in turn: in the strip lie, for each column, 16 channels of four bytes, one for each row. */
#define COLUMN 64
#define QUAD_WORDS 24

typedef struct {
  const int8_t *at;
  int32_t step; /* to the next column; 0 in a row of zero points outside the image */
} image_row;

/* The first `lanes` channels of `columns` > 0 columns. A function of its own: it takes nearly all registers. */
static EDGEML_NOINLINE void interleave(const image_row rows[3], int32_t columns, int32_t lanes, int8_t *strip) {
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
      "add %[r2], %[r2], %[s2]\n"
      "vst40.8 {q0, q1, q2, q3}, [%[strip]]\n"
      "vst41.8 {q0, q1, q2, q3}, [%[strip]]\n"
      "vst42.8 {q0, q1, q2, q3}, [%[strip]]\n"
      "vst43.8 {q0, q1, q2, q3}, [%[strip]]!\n"
      "le lr, 1b\n"
      : [r0] "+r"(r0), [r1] "+r"(r1), [r2] "+r"(r2), [strip] "+r"(strip)
      : [s0] "r"(rows[0].step), [s1] "r"(rows[1].step), [s2] "r"(rows[2].step), [columns] "r"(columns), [lanes] "r"(lanes)
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

/* Sums of four channels for `count` > 0 outputs of a row; columns of a window and outputs are so many bytes apart. */
static void dots(const int8_t *strip, const int32_t *weights, const int32_t offsets[4], int32_t step, int32_t count,
                 int32_t *sums) {
#if EDGEML_MVE
  int32_t a0, a1, a2, a3;
  __asm volatile(
      "vldrw.32 q0, [%[offsets]]\n"
      "vadd.i32 q0, q0, %[strip]\n"
      "vldrw.32 q2, [%[weights]], #16\n"
      "vldrw.32 q3, [%[weights]], #16\n"
      "vldrw.32 q4, [%[weights]], #16\n"
      "vldrw.32 q5, [%[weights]], #16\n"
      "dls lr, %[count]\n"
      "1: vldrw.u32 q1, [q0]\n"
      "vldrw.u32 q6, [q0, #4]\n"
      "vmladav.s8 %[a0], q2, q1\n"
      "vldrw.u32 q1, [q0, #8]\n"
      "vmladav.s8 %[a1], q3, q6\n"
      "vldrw.u32 q6, [q0, #12]\n"
      "vmladav.s8 %[a2], q4, q1\n"
      "vmladav.s8 %[a3], q5, q6\n"
      "vadd.i32 q0, q0, %[step]\n"
      "vmov d2, %[a0], %[a1]\n"
      "vmov d3, %[a2], %[a3]\n"
      "vstrw.32 q1, [%[sums]], #16\n"
      "le lr, 1b\n"
      : [a0] "=&Te"(a0), [a1] "=&Te"(a1), [a2] "=&Te"(a2), [a3] "=&Te"(a3), [weights] "+l"(weights), [sums] "+l"(sums)
      : [strip] "r"(strip), [offsets] "l"(offsets), [step] "r"(step), [count] "r"(count)
      : "q0", "q1", "q2", "q3", "q4", "q5", "q6", "lr", "memory");
#else
  for (int32_t i = 0; i < count; ++i, strip += step) {
    for (int32_t c = 0; c < 4; ++c) {
      int32_t sum = 0;
      for (int32_t j = 0; j < 4; ++j)
        for (int32_t k = 0; k < 3; ++k)
          sum += strip[offsets[j] + 4 * c + k] * edgeml_stream_byte(weights, 16 * c + 4 * j + k);
      sums[4 * i + c] = sum;
    }
  }
#endif
}

/* `count` outputs of up to four channels, `step` bytes apart. */
static void store(const int32_t *sums, const int32_t *quad, edgeml_s8_range range, int32_t channels, int32_t step,
                  int32_t count, int8_t *y) {
  const edgeml_x4 start = edgeml_load_x4(quad + 16);
  for (int32_t i = 0; i < count; ++i, y += step, sums += 4)
    edgeml_store_s8x4(y, edgeml_add_x4(edgeml_load_x4(sums), start), quad + 20, range, channels);
}

void edgeml_depthwise_conv_2d_mve_s8(const edgeml_depthwise_conv_2d_mve_s8_params *params, const int8_t *x,
                                     const int32_t *restrict stream, void *restrict scratch, int8_t *y) {
  const edgeml_s8_range range = {params->output_zero_point, params->activation_min, params->activation_max};
  const int32_t c_all = params->input_c, out_w = params->output_w;
  const int32_t columns = EDGEML_DEPTHWISE_MVE_COLUMNS(out_w, params->stride_w, params->dilation_w);
  const int32_t across = COLUMN * params->dilation_w;
  const int32_t offsets[4] = {0, across, 2 * across, 3 * across};
  /* columns of the strip that lie in the image */
  const int32_t begin = params->pad_left < columns ? params->pad_left : columns;
  const int32_t end = params->pad_left + params->input_w < columns ? params->pad_left + params->input_w : columns;
  int8_t *const strip = scratch;
  int32_t *const sums = (int32_t *)scratch + columns * (COLUMN / 4);
  int8_t outside[16];
  edgeml_fill_s8(outside, (int8_t)params->input_zero_point, 16);
  for (int32_t c = 0; c < c_all; c += 16) {
    const int32_t lanes = c_all - c < 16 ? c_all - c : 16;
    edgeml_fill_s8(strip, (int8_t)params->input_zero_point, columns * COLUMN);
    for (int32_t oy = 0; oy < params->output_h; ++oy) {
      image_row rows[3];
      for (int32_t k = 0; k < 3; ++k) {
        const int32_t iy = oy * params->stride_h - params->pad_top + k * params->dilation_h;
        const int32_t inside = k < params->kernel_h && iy >= 0 && iy < params->input_h;
        rows[k].at = inside ? x + iy * params->input_w * c_all + c : outside;
        rows[k].step = inside ? c_all : 0;
      }
      if (end > begin) interleave(rows, end - begin, lanes, strip + begin * COLUMN);
      for (int32_t q = 0; q < lanes; q += 4) {
        const int32_t *quad = stream + (c + q) / 4 * QUAD_WORDS;
        dots(strip + 4 * q, quad, offsets, COLUMN * params->stride_w, out_w, sums);
        store(sums, quad, range, lanes - q, c_all, out_w, y + oy * out_w * c_all + c + q);
      }
    }
  }
}
