#include "resize_bilinear_s8.h"

void edgeml_resize_bilinear_s8(const edgeml_resize_bilinear_s8_params *params, const int8_t *restrict x,
                                const int32_t *restrict rows, const int32_t *restrict columns,
                                const int32_t *restrict row_weights, const int32_t *restrict column_weights,
                                int8_t *restrict y) {
  for (int32_t n = 0; n < params->batches; ++n, x += params->input_size) {
    for (int32_t i = 0; i < params->output_h; ++i) {
      const int8_t *const above = x + rows[2 * i], *const below = x + rows[2 * i + 1];
      const int32_t v = row_weights[i];
      for (int32_t j = 0; j < params->output_w; ++j) {
        const int32_t left = columns[2 * j], right = columns[2 * j + 1];
        const int8_t *const a = above + left, *const b = above + right, *const d = below + left, *const e = below + right;
        const int32_t u = column_weights[j];
        for (int32_t c = 0; c < params->channels; ++c) {
          const int32_t upper = a[c] * 2048 + (b[c] - a[c]) * u, lower = d[c] * 2048 + (e[c] - d[c]) * u;
          *y++ = (int8_t)((upper * 2048 + (lower - upper) * v + (1 << 21)) >> 22);
        }
      }
    }
  }
}
