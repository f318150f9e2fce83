#include "transpose_conv_s8.h"

#include <stddef.h>

#include "transposed_taps.h"

void edgeml_transpose_conv_s8(const edgeml_transpose_conv_s8_params *params, const int8_t *restrict x,
                               const int8_t *restrict w, const int32_t *restrict bias, const edgeml_scale *restrict scale,
                               int8_t *restrict y) {
  const int32_t depth = params->input_c, row = params->input_w * depth, width = params->kernel_w * depth;
  for (int32_t n = 0; n < params->batches; ++n, x += params->input_h * row) {
    for (int32_t oy = 0; oy < params->output_h; ++oy) {
      const edgeml_transposed_taps rows =
          edgeml_taps_of(oy + params->pad_top, params->stride_h, params->kernel_h, params->input_h);
      for (int32_t ox = 0; ox < params->output_w; ++ox) {
        const edgeml_transposed_taps columns =
            edgeml_taps_of(ox + params->pad_left, params->stride_w, params->kernel_w, params->input_w);
        for (int32_t o = 0; o < params->output_c; ++o) {
          const int8_t *const filter = w + o * params->kernel_h * width;
          int32_t sum = bias != NULL ? bias[o] : 0;
          for (int32_t i = 0; i < rows.count; ++i) {
            for (int32_t j = 0; j < columns.count; ++j) {
              const int8_t *in = x + (rows.input - i) * row + (columns.input - j) * depth;
              const int8_t *tap = filter + (rows.tap + i * params->stride_h) * width +
                               (columns.tap + j * params->stride_w) * depth;
              for (int32_t c = 0; c < depth; ++c) sum += (in[c] - params->input_zero_point) * tap[c];
            }
          }
          *y++ = (int8_t)edgeml_requantize(sum, scale[o], params->output_zero_point, params->activation_min,
                                         params->activation_max);
        }
      }
    }
  }
}
