#include "fully_connected_sparse_dsp_s8.h"

#include "dsp.h"
#include "expand_row_dsp_s8.h"
#include "sparse_turns.h"

#if EDGEML_DSP && defined(__thumb2__) && defined(__GNUC__)
/* clang-format off */
#define EDGEML_FOUR                                          \
  "ldrb.w %[t], [%[steps]], #1\n\t"                          \
  "add.w %[x], %[x], %[t], lsl #3\n\t"                       \
  "ldr.w %[w], [%[stream]], #4\n\t"                          \
  "ldrd %[a], %[b], [%[x]], #8\n\t"                          \
  "sxtb16 %[t], %[w]\n\t"                                    \
  "sxtb16 %[w], %[w], ror #8\n\t"                            \
  "smlad %[sum], %[a], %[t], %[sum]\n\t"                     \
  "smlad %[sum], %[b], %[w], %[sum]\n\t"
/* clang-format on */
#endif

/* The sum of a channel, whose record `next` points to and passes. */
static inline int32_t channel(const uint32_t *x, const int32_t **next, const uint8_t **steps) {
  const int32_t *stream = *next;
  const uint8_t *step = *steps;
  int32_t turns = stream[0], sum = stream[1];
  stream += 2;
#if EDGEML_DSP && defined(__thumb2__) && defined(__GNUC__)
  uint32_t t, w, a, b;
  __asm__ volatile(
      "adr.w %[t], 1f\n\t"
      "mov.w %[w], #32\n\t"
      "smlabb %[t], %[turns], %[w], %[t]\n\t"
      "mov pc, %[t]\n\t"
      ".balign 4\n"
      "1:\n\t"
      ".rept 8\n\t" EDGEML_FOUR ".endr\n\t"
      "subs.w %[turns], %[turns], #65536\n\t"
      "bpl.w 1b\n\t"
      : [x] "+r"(x), [stream] "+r"(stream), [steps] "+r"(step), [turns] "+r"(turns), [sum] "+r"(sum), [t] "=&r"(t),
        [w] "=&r"(w), [a] "=&r"(a), [b] "=&r"(b)
      :
      : "cc", "memory");
#else
  for (const int32_t *const end = stream + edgeml_sparse_fours(turns); stream != end; x += 2) {
    const uint32_t w = (uint32_t)*stream++;
    x += 2 * *step++;
    sum = edgeml_smlad(x[0], edgeml_sxtb16(w), sum);
    sum = edgeml_smlad(x[1], edgeml_sxtb16_odd(w), sum);
  }
#endif
  *next = stream;
  *steps = step;
  return sum;
}

void edgeml_fully_connected_sparse_dsp_s8(const edgeml_fully_connected_sparse_dsp_s8_params *params, const int8_t *x,
                                          const int32_t *restrict stream, const uint8_t *restrict steps,
                                          const edgeml_scale *restrict scale, void *scratch, int8_t *y) {
  for (int32_t n = params->batches; n > 0; --n, x += params->input_size) {
    const int32_t *next = stream;
    const uint8_t *step = steps;
    edgeml_expand_row(x, params->input_size, scratch);
    for (int8_t *const end = y + params->output_size; y != end; ++y) {
      const int32_t sum = channel(scratch, &next, &step);
      const edgeml_rescale form = {next[0], next[1]};
      next += 2;
      *y = (int8_t)edgeml_rescale_or_requantize(sum, form, params->shift, scale, params->output_zero_point,
                                                params->activation_min, params->activation_max);
    }
  }
}
