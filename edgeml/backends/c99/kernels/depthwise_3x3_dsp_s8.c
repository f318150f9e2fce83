#include "depthwise_3x3_dsp_s8.h"

#include "compiler.h"
#include "rescale.h"

#if EDGEML_DSP && defined(__ARM_FP) && !EDGEML_NUMERICS_TFLM
#define EDGEML_DEPTHWISE_ASM 1
#else
#define EDGEML_DEPTHWISE_ASM 0
#endif

/* One channel of a band, as the assembly reads it. */
typedef struct {
  edgeml_scale scale;
#if EDGEML_DEPTHWISE_ASM
  float magic; /* 1.5 * 2^23 + zero point */
#endif
  int32_t bias, bias_again;
  int32_t step;          /* bytes from one output to the next */
  const uint32_t *end;   /* where the first row of x stands behind the last two outputs of a row */
  int32_t stride;        /* 1 or 2 */
  int32_t skip, y_skip;  /* bytes from there to the next row; the same in y */
  int32_t rows, row;     /* rows of y; bytes from one row of x to that of the next row of y */
  int32_t odd;           /* whether a row has one output more */
  int32_t multiplier;    /* or 0 */
  int32_t addend;        /* 2 * zero point + 1 */
  const uint32_t *x;     /* the plane */
  int32_t tap;           /* bytes from one row under a window to the next */
  const int8_t *w;       /* 9 weights */
  int8_t *y;
  int32_t zero_point;
} channel_run;

#if EDGEML_DEPTHWISE_ASM
/* r0, r1, r2 x under the three rows of the filter, r3 y, r4, r5 sums of two neighbours, r6, r7 pairs of x; r8, r9; r10,
 * r11; r12, lr weights (0, 1) and (1, 2) of each row. The rest lies in s0 ...: the fields above. A sum times scale, plus
 * magic, holds the rounded result and the zero point in its low bits. */
#define EDGEML_UNPACK(row, w01, w12)     \
  "sxtb16 r7, " row                      \
  "\n sxtb16 " row ", " row ", ror #8\n" \
  "pkhbt " w01 ", r7, " row              \
  ", lsl #16\n"                          \
  "pkhbt " w12 ", " row ", r7\n"
#define EDGEML_STRIDE_1(x, w01, w12)    \
  "ldrd r6, r7, [" x                    \
  "], #4\n"                             \
  "smlad r4, r6, " w01                  \
  ", r4\n"                              \
  "smlatb r5, r6, " w01                 \
  ", r5\n"                              \
  "smlabt r4, r7, " w12                 \
  ", r4\n"                              \
  "smlad r5, r7, " w12 ", r5\n"
#define EDGEML_STRIDE_2(x, w01, w12)    \
  "ldrd r6, r7, [" x                    \
  "], #8\n"                             \
  "smlad r4, r6, " w01                  \
  ", r4\n"                              \
  "ldr r6, [" x                         \
  "]\n"                                 \
  "smlabt r4, r7, " w12                 \
  ", r4\n"                              \
  "smlad r5, r7, " w01                  \
  ", r5\n"                              \
  "smlabt r5, r6, " w12 ", r5\n"
#define EDGEML_LAST(x, w01, w12)        \
  "ldrd r6, r7, [" x                    \
  "]\n"                                 \
  "smlad r4, r6, " w01                  \
  ", r4\n"                              \
  "smlabt r4, r7, " w12 ", r4\n"
#define EDGEML_THREE(part) part("r0", "r8", "r9") part("r1", "r10", "r11") part("r2", "r12", "lr")
#define EDGEML_RESCALE_TWO             \
  "vmov r6, r7, s12, s13\n"            \
  "cbz r6, 6f\n"                       \
  "smmla r4, r4, r6, r7\n"             \
  "smmla r5, r5, r6, r7\n"             \
  "ssat r4, #8, r4, asr #1\n"          \
  "ssat r5, #8, r5, asr #1\n"
#define EDGEML_STORE_TWO               \
  "7:\n"                               \
  "vmov r6, r7, s4, s5\n"              \
  "strb r4, [r3]\n"                    \
  "strb r5, [r3, r6]\n"                \
  "add r3, r3, r6, lsl #1\n"           \
  "cmp r0, r7\n"
#define EDGEML_FLOAT_TWO               \
  "6:\n"                               \
  "vmov s14, s15, r4, r5\n"            \
  "vcvt.f32.s32 s14, s14\n"            \
  "vcvt.f32.s32 s15, s15\n"            \
  "vmul.f32 s14, s14, s0\n"            \
  "vmul.f32 s15, s15, s0\n"            \
  "vadd.f32 s14, s14, s1\n"            \
  "vadd.f32 s15, s15, s1\n"            \
  "vmov r4, r5, s14, s15\n"            \
  "ssat16 r4, #8, r4\n"                \
  "ssat16 r5, #8, r5\n"                \
  "b 7b\n"

__attribute__((naked, noinline)) static void convolve(__attribute__((unused)) const channel_run *c) {
  __asm__(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "vldmia r0!, {s0-s13}\n"
      "ldm r0, {r0-r3}\n"
      "ldr r4, [r2]\n"
      "ldr r5, [r2, #3]\n"
      "ldr r6, [r2, #6]\n" EDGEML_UNPACK("r4", "r8", "r9") EDGEML_UNPACK("r5", "r10", "r11")
          EDGEML_UNPACK("r6", "r12", "lr")
      "add r2, r0, r1, lsl #1\n"
      "add r1, r0, r1\n"
      "1:\n"
      "vmov r6, r7, s5, s6\n"
      "cmp r0, r6\n"
      "beq 4f\n"
      "cmp r7, #1\n"
      "bne 3f\n"
      "2:\n"
      "vmov r4, r5, s2, s3\n" EDGEML_THREE(EDGEML_STRIDE_1) EDGEML_RESCALE_TWO EDGEML_STORE_TWO
      "bne 2b\n"
      "b 4f\n" EDGEML_FLOAT_TWO
      "3:\n"
      "vmov r4, r5, s2, s3\n" EDGEML_THREE(EDGEML_STRIDE_2) EDGEML_RESCALE_TWO EDGEML_STORE_TWO
      "bne 3b\n"
      "b 4f\n" EDGEML_FLOAT_TWO
      "4:\n"
      "vmov r6, s11\n"
      "cbz r6, 5f\n"
      "vmov r4, s2\n" EDGEML_THREE(EDGEML_LAST)
      "vmov r6, r7, s12, s13\n"
      "smmla r5, r4, r6, r7\n"
      "ssat r5, #8, r5, asr #1\n"
      "cbnz r6, 8f\n"
      "vmov s14, r4\n"
      "vcvt.f32.s32 s14, s14\n"
      "vmul.f32 s14, s14, s0\n"
      "vadd.f32 s14, s14, s1\n"
      "vmov r4, s14\n"
      "ssat16 r5, #8, r4\n"
      "8:\n"
      "strb r5, [r3]\n"
      "5:\n"
      "vmov r6, r7, s7, s8\n"
      "add r0, r6\n"
      "add r1, r6\n"
      "add r2, r6\n"
      "add r3, r7\n"
      "vmov r4, r5, s9, s10\n"
      "vmov r6, s5\n"
      "add r6, r5\n"
      "vmov s5, r6\n"
      "subs r4, #1\n"
      "vmov s9, r4\n"
      "bne 1b\n"
      "pop {r4-r11, pc}\n");
}
#else
/* A row of the filter as words of weights (0, 1) and (1, 2). */
static inline void unpack(const int8_t *w, uint32_t *w01, uint32_t *w12) {
  const uint32_t row = edgeml_load_word(w), even = edgeml_sxtb16(row), odd = edgeml_sxtb16_odd(row);
  *w01 = edgeml_pack_low(even, odd);
  *w12 = edgeml_pack(odd, even);
}

static inline int8_t result(const channel_run *c, int32_t sum) {
  if (c->multiplier == 0) return (int8_t)edgeml_requantize(sum, c->scale, c->zero_point, -128, 127);
  return (int8_t)edgeml_saturate_s8(edgeml_multiply_high_add(sum, c->multiplier, c->addend) >> 1);
}

EDGEML_NOINLINE static void convolve(const channel_run *c) {
  const int32_t tap = c->tap / 4, pairs = (int32_t)(c->end - c->x);
  uint32_t w01[3], w12[3];
  for (int32_t i = 0; i < 3; ++i) unpack(c->w + 3 * i, &w01[i], &w12[i]);
  const uint32_t *row = c->x;
  int8_t *y = c->y;
  for (int32_t r = c->rows; r > 0; --r, row += c->row / 4, y += c->y_skip) {
    const uint32_t *x = row;
    for (; x != row + pairs; x += c->stride, y += 2 * c->step) {
      int32_t a = c->bias, b = c->bias;
      for (int32_t i = 0; i < 3; ++i) {
        const uint32_t *const at = x + i * tap;
        a = edgeml_smlabt(at[1], w12[i], edgeml_smlad(at[0], w01[i], a));
        b = c->stride == 1 ? edgeml_smlad(at[1], w12[i], edgeml_smlatb(at[0], w01[i], b))
                           : edgeml_smlabt(at[2], w12[i], edgeml_smlad(at[1], w01[i], b));
      }
      y[0] = result(c, a);
      y[c->step] = result(c, b);
    }
    if (c->odd != 0) {
      int32_t a = c->bias;
      for (int32_t i = 0; i < 3; ++i)
        a = edgeml_smlabt(x[i * tap + 1], w12[i], edgeml_smlad(x[i * tap], w01[i], a));
      *y = result(c, a);
    }
  }
}
#endif

typedef struct {
  channel_run run;
  const int8_t *w;
  const int32_t *bias;
  const int32_t *factor;
  const edgeml_scale *scale;
  int32_t used; /* words of a row of x that pairs of outputs go on */
} context;

static inline void channel(context *c, const uint32_t *plane, int32_t rows, int32_t o, int8_t *y) {
  const int32_t factor = c->factor[o];
  c->run.multiplier = factor > 0 ? factor : 0;
  if (factor <= 0) c->run.scale = c->scale[-factor];
  c->run.bias = c->run.bias_again = c->bias[o];
  c->run.end = plane + c->used;
  c->run.rows = rows;
  c->run.x = plane;
  c->run.w = c->w + 9 * o;
  c->run.y = y;
  convolve(&c->run);
}

#include "depthwise_bands.h"

EDGEML_COLD void edgeml_depthwise_3x3_dsp_s8(const edgeml_depthwise_3x3_dsp_s8_params *params, const int8_t *x,
                                             const int8_t *restrict w, const int32_t *restrict bias,
                                             const int32_t *restrict factor, const edgeml_scale *restrict scale,
                                             void *restrict scratch, int8_t *y) {
  const edgeml_depthwise_3x3_dsp_s8_params *const p = params;
  context c;
  c.w = w;
  c.bias = bias;
  c.factor = factor;
  c.scale = scale;
  c.run.scale = scale[0];
  c.run.addend = 2 * p->output_zero_point + 1;
  c.used = (p->output_w >> 1) * p->stride_w;
  c.run.odd = p->output_w & 1;
  c.run.stride = p->stride_w;
  c.run.step = p->y_column;
  c.run.row = 4 * p->stride_h * p->pitch;
  c.run.skip = c.run.row - 4 * c.used;
  c.run.y_skip = p->y_row - (p->output_w - c.run.odd) * p->y_column;
  c.run.tap = 4 * p->dilation_h * p->pitch;
  c.run.zero_point = p->output_zero_point;
#if EDGEML_DEPTHWISE_ASM
  c.run.magic = (float)(12582912 + p->output_zero_point);
#endif
  edgeml_for_bands(p, &c, x, scratch, y);
}
