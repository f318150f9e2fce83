#include "svdf_s8.h"

#include <stddef.h>

#include "fixed_point.h"

static int32_t clamp(int32_t value, int32_t min, int32_t max) {
  value = value < min ? min : value;
  return value > max ? max : value;
}

void edgeml_svdf_s8(const edgeml_svdf_s8_params *params, const int8_t *x, const int8_t *feature, const int16_t *time,
                    const int32_t *bias, const int16_t *state, int8_t *y, int16_t *next) {
  const int32_t size = params->input_size, memory = params->memory, rank = params->rank;
  for (int32_t b = 0; b < params->batches; ++b, x += size) {
    const int8_t *f = feature;
    const int16_t *t = time;
    for (int32_t unit = 0; unit < params->filters / rank; ++unit) {
      uint32_t sum = bias == NULL ? 0u : (uint32_t)bias[unit]; /* wraps, as the reference does */
      for (int32_t r = 0; r < rank; ++r, state += memory, next += memory, t += memory, f += size) {
        int32_t acc = 0;
        for (int32_t i = 0; i < size; ++i) acc += (x[i] - params->input_zero_point) * f[i];
        acc = edgeml_multiply_by_quantized_multiplier(acc, params->feature_multiplier, params->feature_shift);
        /* upwards, so that state and next may be one buffer */
        for (int32_t m = 0; m + 1 < memory; ++m) {
          next[m] = state[m + 1];
          sum += (uint32_t)(next[m] * t[m]);
        }
        next[memory - 1] = (int16_t)clamp(acc, -32768, 32767);
        sum += (uint32_t)(next[memory - 1] * t[memory - 1]);
      }
      const int32_t steps =
          edgeml_multiply_by_quantized_multiplier((int32_t)sum, params->output_multiplier, params->output_shift);
      /* clamped before the zero point is added, which could leave 32 bits */
      const int32_t zero = params->output_zero_point;
      *y++ = (int8_t)(clamp(steps, -128 - zero, 127 - zero) + zero);
    }
  }
}
