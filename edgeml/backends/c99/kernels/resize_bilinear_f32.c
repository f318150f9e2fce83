#include "resize_bilinear_f32.h"

void edgeml_resize_bilinear_f32(const edgeml_resize_bilinear_f32_params *params, const float *restrict x,
                                const int32_t *restrict rows, const int32_t *restrict columns,
                                const float *restrict row_weights, const float *restrict column_weights,
                                float *restrict y) {
  for (int32_t n = 0; n < params->batches; ++n, x += params->input_size) {
    for (int32_t i = 0; i < params->output_h; ++i) {
      const float *const above = x + rows[2 * i], *const below = x + rows[2 * i + 1];
      const float v = row_weights[i];
      for (int32_t j = 0; j < params->output_w; ++j) {
        const int32_t left = columns[2 * j], right = columns[2 * j + 1];
        const float *const a = above + left, *const b = above + right, *const d = below + left, *const e = below + right;
        const float u = column_weights[j];
        for (int32_t c = 0; c < params->channels; ++c) {
          const float upper = a[c] + (b[c] - a[c]) * u, lower = d[c] + (e[c] - d[c]) * u;
          *y++ = upper + (lower - upper) * v;
        }
      }
    }
  }
}
