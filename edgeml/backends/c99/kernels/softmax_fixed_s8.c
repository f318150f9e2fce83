#include "softmax_fixed_s8.h"

#include "fixed_point.h"
#include "requantize.h"

/* 1 / (1 + x) times 2^31 for x = value / 2^31 in [0, 1), by three Newton steps from 48/17 - 32/17 * (1 + x) / 2. */
static int32_t one_over_one_plus(int32_t value) {
  const int32_t half = (int32_t)(((uint32_t)value + 0x80000000u) >> 1);
  int32_t y = 1515870810 + edgeml_doubling_high_multiply(half, -1010580540); /* times 2^29 */
  for (int32_t i = 0; i < 3; ++i) {
    const int32_t error = (1 << 29) - edgeml_doubling_high_multiply(half, y);
    y += edgeml_doubling_high_multiply(y, error) * 4;
  }
  return y > 0x3FFFFFFF ? 0x7FFFFFFF : y * 2;
}

void edgeml_softmax_fixed_s8(const edgeml_softmax_fixed_s8_params *params, const int8_t *x,
                             const int32_t *restrict table, int8_t *y) {
  const int32_t depth = params->depth;
  for (int32_t r = 0; r < params->rows; ++r, x += depth, y += depth) {
    int32_t largest = x[0];
    for (int32_t i = 1; i < depth; ++i) largest = x[i] > largest ? x[i] : largest;
    const int32_t *const exponential = table + (255 - largest);
    int32_t sum = 0; /* times 2^19 */
    for (int32_t i = 0; i < depth; ++i) sum += edgeml_divide_by_power_of_two(exponential[x[i]], 12);
    /* sum = (1 + fraction) * 2^bits, and the largest value alone makes it 1 */
    uint32_t mantissa = (uint32_t)sum;
    int32_t bits = 12;
    for (; mantissa < 0x80000000u; mantissa <<= 1) --bits;
    const int32_t scale = one_over_one_plus((int32_t)(mantissa - 0x80000000u));
    for (int32_t i = 0; i < depth; ++i) {
      const int32_t share = edgeml_doubling_high_multiply(scale, exponential[x[i]]);
      y[i] = (int8_t)edgeml_clamp_s32(edgeml_divide_by_power_of_two(share, bits + 23) - 128, -128, 127);
    }
  }
}
