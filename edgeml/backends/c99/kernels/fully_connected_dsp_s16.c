#include "fully_connected_dsp_s16.h"

#include "compiler.h"
#include "dsp.h"

/* sums[channel] += x . w[channel]; x has 4 * fours inputs, w 8 * fours bytes. */
EDGEML_NOINLINE static void dot_1x2(const int16_t *x, const int8_t *w, int32_t fours, int32_t sums[2]) {
  int32_t s0 = sums[0], s1 = sums[1];
  for (; fours > 0; --fours, x += 4, w += 8) {
    const uint32_t first = edgeml_load_word(w), second = edgeml_load_word(w + 4);
    const uint32_t a = edgeml_load_word(x), b = edgeml_load_word(x + 2);
    s0 = edgeml_smlad(a, edgeml_sxtb16(first), s0);
    s1 = edgeml_smlad(a, edgeml_sxtb16(second), s1);
    s0 = edgeml_smlad(b, edgeml_sxtb16_odd(first), s0);
    s1 = edgeml_smlad(b, edgeml_sxtb16_odd(second), s1);
  }
  sums[0] = s0;
  sums[1] = s1;
}

void edgeml_fully_connected_dsp_s16(const edgeml_fully_connected_dsp_s16_params *params, const int16_t *restrict x,
                                    const int8_t *restrict stream, const int32_t *restrict bias,
                                    const edgeml_real_s16 *restrict scale, int16_t *restrict scratch,
                                    int16_t *restrict y) {
  const int32_t size = params->input_size, outputs = params->output_size, fours = (size + 3) >> 2;
  for (int32_t n = 0; n < params->batches; ++n, x += size, y += outputs) {
    const int16_t *row = x;
    if ((size & 3) != 0) {
      for (int32_t i = 0; i < 4 * fours; ++i) scratch[i] = i < size ? x[i] : (int16_t)0;
      row = scratch;
    }
    const int8_t *w = stream;
    for (int32_t o = 0; o < outputs; o += 2, w += 8 * fours) {
      int32_t sums[2] = {bias[o], bias[o + 1]};
      dot_1x2(row, w, fours, sums);
      for (int32_t i = o; i < o + 2 && i < outputs; ++i)
        y[i] = (int16_t)edgeml_round_s64(sums[i - o], scale[i], params->activation_min, params->activation_max);
    }
  }
}
