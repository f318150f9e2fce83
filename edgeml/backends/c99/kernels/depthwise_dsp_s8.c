#include "depthwise_dsp_s8.h"

#include "compiler.h"
#include "requantize.h"

#if EDGEML_DSP && defined(__ARM_FP) && !EDGEML_NUMERICS_TFLM
#define EDGEML_DEPTHWISE_ASM 1
#else
#define EDGEML_DEPTHWISE_ASM 0
#endif

/* A row of outputs of one channel, as the assembly reads it. */
typedef struct {
  edgeml_scale scale;
#if EDGEML_DEPTHWISE_ASM
  float magic; /* 1.5 * 2^23 */
#endif
  int32_t bias;
  int32_t step;           /* bytes from one output to the next */
  int32_t stride;         /* the same in x */
  int32_t outputs;        /* 1 or more; x holds an even number */
  int32_t zero_point;
  const uint8_t *x;       /* in the plane */
  const uint32_t *end, *w; /* pairs of weights */
  const int32_t *taps;    /* bytes from x to each pair */
  int8_t *y;
} output_row;

#if EDGEML_DEPTHWISE_ASM
/* r0, r1 x under two outputs, r2 weights, r3 taps, r4, r5 sums; r9 end, r10 start of the weights, r11 start of the
 * taps, r12 y. The rest lies in s0 ...: the fields above. A sum times scale, plus magic, holds the rounded result in
 * its low bits. */
__attribute__((naked, noinline)) static void convolve(__attribute__((unused)) const output_row *row) {
  __asm__(
      ".syntax unified\n"
      "push {r4-r11, lr}\n"
      "vldmia r0!, {s0-s6}\n"
      "ldm r0, {r0, r9, r10, r11, r12}\n"
      "1:\n"
      "vmov r4, s2\n"
      "mov r5, r4\n"
      "vmov r6, s4\n"
      "add r1, r0, r6\n"
      "mov r2, r10\n"
      "mov r3, r11\n"
      "2:\n"
      "ldr r6, [r2], #4\n"
      "ldr r7, [r3], #4\n"
      "ldr r8, [r0, r7]\n"
      "ldr lr, [r1, r7]\n"
      "smlad r4, r8, r6, r4\n"
      "smlad r5, lr, r6, r5\n"
      "cmp r2, r9\n"
      "bne 2b\n"
      "vmov s14, s15, r4, r5\n"
      "vcvt.f32.s32 s14, s14\n"
      "vcvt.f32.s32 s15, s15\n"
      "vmul.f32 s14, s14, s0\n"
      "vmul.f32 s15, s15, s0\n"
      "vadd.f32 s14, s14, s1\n"
      "vadd.f32 s15, s15, s1\n"
      "vmov r4, r5, s14, s15\n"
      "vmov r6, r7, s3, s4\n"
      "vmov r8, lr, s5, s6\n"
      "add r4, lr\n"
      "add r5, lr\n"
      "ssat16 r4, #8, r4\n"
      "ssat16 r5, #8, r5\n"
      "strb r4, [r12]\n"
      "subs r8, #2\n"
      "it pl\n"
      "strbpl r5, [r12, r6]\n"
      "ble 3f\n"
      "vmov s5, r8\n"
      "add r12, r12, r6, lsl #1\n"
      "add r0, r1, r7\n"
      "b 1b\n"
      "3:\n"
      "pop {r4-r11, pc}\n");
}
#else
EDGEML_NOINLINE static void convolve(const output_row *row) {
  const uint8_t *x = row->x;
  int8_t *y = row->y;
  for (int32_t i = row->outputs; i > 0; --i, x += row->stride, y += row->step) {
    int32_t sum = row->bias;
    const int32_t *tap = row->taps;
    for (const uint32_t *w = row->w; w != row->end; ++w) sum = edgeml_smlad(edgeml_load_word(x + *tap++), *w, sum);
    *y = (int8_t)edgeml_requantize(sum, row->scale, row->zero_point, -128, 127);
  }
}
#endif

typedef struct {
  output_row row;
  const edgeml_depthwise_dsp_s8_params *p;
  const int8_t *w;
  const int32_t *bias;
  const edgeml_scale *scale;
  uint32_t *pairs; /* the weights of a channel */
  int32_t n;
} context;

static inline void channel(context *c, const uint32_t *plane, int32_t rows, int32_t o, int8_t *y) {
  const int8_t *w = c->w + 2 * c->n * o;
  for (int32_t i = 0; i < c->n; ++i, w += 2) c->pairs[i] = edgeml_pack_low((uint32_t)w[0], (uint32_t)w[1]);
  c->row.scale = c->scale[o];
  c->row.bias = c->bias[o];
  for (; rows > 0; --rows, plane += c->p->stride_h * c->p->pitch, y += c->p->y_row) {
    c->row.x = (const uint8_t *)plane;
    c->row.y = y;
    convolve(&c->row);
  }
}

#include "depthwise_bands.h"

EDGEML_COLD void edgeml_depthwise_dsp_s8(const edgeml_depthwise_dsp_s8_params *params, const int8_t *x,
                                         const int32_t *restrict taps, const int8_t *restrict w,
                                         const int32_t *restrict bias, const edgeml_scale *restrict scale,
                                         void *restrict scratch, int8_t *y) {
  const edgeml_depthwise_dsp_s8_params *const p = params;
  const int32_t plane = ((p->band_h - 1) * p->stride_h + p->window_h) * p->pitch;
  context c;
  c.p = p;
  c.w = w;
  c.bias = bias;
  c.scale = scale;
  c.n = taps[0];
  c.pairs = (uint32_t *)scratch + 4 * plane + 1;
  c.row.step = p->y_column;
  c.row.stride = 2 * p->stride_w;
  c.row.outputs = p->output_w;
  c.row.w = c.pairs;
  c.row.end = c.pairs + c.n;
  c.row.taps = taps + 1;
  c.row.zero_point = p->output_zero_point;
#if EDGEML_DEPTHWISE_ASM
  c.row.magic = 12582912.0f;
#endif
  edgeml_for_bands(p, &c, x, scratch, y);
}
