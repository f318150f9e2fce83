#include "softmax_s16.h"

#include "fixed_point.h"
#include "int16.h"
#include "requantize.h"

void edgeml_softmax_s16(const edgeml_softmax_s16_params *params, const int16_t *x, const int16_t *restrict exponentials,
                        const int16_t *restrict reciprocals, int16_t *y) {
  const int32_t depth = params->depth;
  for (int32_t r = 0; r < params->rows; ++r, x += depth, y += depth) {
    int32_t largest = x[0];
    for (int32_t i = 1; i < depth; ++i) largest = x[i] > largest ? x[i] : largest;
    uint32_t sum = 0u;
    for (int32_t i = 0; i < depth; ++i) {
      const int32_t below =
          edgeml_multiply_by_quantized_multiplier(x[i] - largest, params->multiplier, params->shift);
      /* two clamps, lest the sum with 32767 overflows */
      const int32_t code = edgeml_clamp_s32(below, -65535, 0) + 32767;
      const int32_t exponential = edgeml_interpolate_s16(exponentials, code);
      y[i] = (int16_t)exponential;
      sum += (uint32_t)exponential;
    }
    /* sum = (1 + fraction) * 2^bits */
    int32_t bits = 31;
    while ((sum >> bits) == 0u) --bits;
    const int32_t shifted = (int32_t)((((int64_t)sum << (30 - bits)) + (1 << 13)) >> 14);
    const int32_t fraction = edgeml_clamp_s32(shifted - (1 << 15) - (1 << 16), -32768, 32767);
    const int32_t reciprocal = edgeml_interpolate_s16(reciprocals, fraction);
    for (int32_t i = 0; i < depth; ++i)
      y[i] = (int16_t)edgeml_clamp_s64(((int64_t)y[i] * reciprocal + ((int64_t)1 << (bits - 1))) >> bits, 0, 32767);
  }
}
