#include "fully_connected_s8.h"

#include <stddef.h>

#include "dot_s8.h"
#include "requantize.h"

void edgeml_fully_connected_s8(const edgeml_fully_connected_s8_params *params, const int8_t *x,
                               const int8_t *restrict w, const int32_t *restrict bias, const edgeml_scale *restrict scale,
                               int8_t *y) {
  const int32_t size = params->input_size, zero = params->input_zero_point, out = params->output_zero_point;
  const int32_t min = params->activation_min, max = params->activation_max;
  const int32_t step = params->scale_step;
  for (int32_t n = 0; n < params->batches; ++n, x += size) {
    const edgeml_scale *factor = scale;
    const int8_t *row = w;
    int32_t o = 0;
    /* sum of (x - zero) * (w - weight_zero) = sum of (x - zero) * w, less weight_zero times the sum of (x - zero) */
    int32_t start = 0;
    if (params->weight_zero_point != 0) {
      for (int32_t i = 0; i < size; ++i) start += x[i] - zero;
      start *= -params->weight_zero_point;
    }
    for (; o + 4 <= params->output_size; o += 4, row += 4 * size, y += 4, factor += 4 * step) {
      edgeml_sums s = {start, start, start, start};
      if (bias != NULL) {
        s.a += bias[o];
        s.b += bias[o + 1];
        s.c += bias[o + 2];
        s.d += bias[o + 3];
      }
      s = edgeml_dot4_s8(s, x, row, size, size, zero);
      y[0] = (int8_t)edgeml_requantize(s.a, factor[0], out, min, max);
      y[1] = (int8_t)edgeml_requantize(s.b, factor[step], out, min, max);
      y[2] = (int8_t)edgeml_requantize(s.c, factor[2 * step], out, min, max);
      y[3] = (int8_t)edgeml_requantize(s.d, factor[3 * step], out, min, max);
    }
    for (; o < params->output_size; ++o, row += size, factor += step) {
      const int32_t sum = edgeml_dot1_s8(start + (bias != NULL ? bias[o] : 0), x, row, size, zero);
      *y++ = (int8_t)edgeml_requantize(sum, *factor, out, min, max);
    }
  }
}
