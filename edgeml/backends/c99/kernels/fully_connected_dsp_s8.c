#include "fully_connected_dsp_s8.h"

#include "compiler.h"
#include "dsp.h"
#include "requantize.h"

/* x as pairs (0, 2), (1, 3) of each four; zeros after the end. */
static void expand(const int8_t *x, int32_t size, uint32_t *to) {
  int32_t k = 0;
  for (; k + 4 <= size; k += 4, to += 2) {
    const uint32_t four = edgeml_load_word(x + k);
    to[0] = edgeml_sxtb16(four);
    to[1] = edgeml_sxtb16_odd(four);
  }
  if (k < size) {
    uint32_t four = 0;
    for (int32_t i = 0; k < size; ++k, i += 8) four |= (uint32_t)(uint8_t)x[k] << i;
    to[0] = edgeml_sxtb16(four);
    to[1] = edgeml_sxtb16_odd(four);
  }
}

typedef struct {
  int32_t s[4]; /* channels 0..3; the odd ones are 256 times the sum, plus that of the channel before */
} sums;

/* A function of its own, so that the loop has all registers. */
EDGEML_NOINLINE static const int32_t *multiply(sums *result, const uint32_t *x, const int32_t *w, int32_t groups) {
  int32_t s0 = result->s[0], s1 = result->s[1], s2 = result->s[2], s3 = result->s[3];
  for (const uint32_t *const end = x + 2 * groups; x != end; x += 2, w += 4) {
    const uint32_t a = x[0], b = x[1];
    const uint32_t p = (uint32_t)w[0], q = (uint32_t)w[1], r = (uint32_t)w[2], t = (uint32_t)w[3];
    s1 = edgeml_smlad(a, p, s1);
    s1 = edgeml_smlad(b, q, s1);
    s3 = edgeml_smlad(a, r, s3);
    s3 = edgeml_smlad(b, t, s3);
    s0 = edgeml_smlad(a, edgeml_sxtb16(p), s0);
    s0 = edgeml_smlad(b, edgeml_sxtb16(q), s0);
    s2 = edgeml_smlad(a, edgeml_sxtb16(r), s2);
    s2 = edgeml_smlad(b, edgeml_sxtb16(t), s2);
  }
  result->s[0] = s0;
  result->s[1] = s1;
  result->s[2] = s2;
  result->s[3] = s3;
  return w;
}

void edgeml_fully_connected_dsp_s8(const edgeml_fully_connected_dsp_s8_params *params, const int8_t *x,
                                   const int32_t *restrict w, const int32_t *restrict bias,
                                   const edgeml_scale *restrict scale, void *scratch, int8_t *y) {
  uint32_t *const pairs = scratch;
  const int32_t groups = (params->input_size + 3) / 4, zero = params->output_zero_point;
  const int32_t min = params->activation_min, max = params->activation_max;
  for (int32_t n = 0; n < params->batches; ++n, x += params->input_size) {
    const int32_t *weights = w;
    expand(x, params->input_size, pairs);
    for (int32_t o = 0; o < params->output_size; o += 4) {
      sums found = {{bias[o], bias[o + 1], bias[o + 2], bias[o + 3]}};
      weights = multiply(&found, pairs, weights, groups);
      const int32_t count = params->output_size - o < 4 ? params->output_size - o : 4;
      for (int32_t i = 0; i < count; ++i) {
        /* a multiple of 256 in two's complement: the shift is exact */
        const int32_t odd = (int32_t)((uint32_t)found.s[i] - (uint32_t)found.s[i & ~1]) >> 8;
        *y++ = (int8_t)edgeml_requantize((i & 1) != 0 ? odd : found.s[i], scale[o + i], zero, min, max);
      }
    }
  }
}
