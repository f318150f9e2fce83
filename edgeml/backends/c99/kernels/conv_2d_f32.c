#include "conv_2d_f32.h"

#include <stddef.h>

#include "window.h"

void edgeml_conv_2d_f32(const edgeml_conv_2d_f32_params *params, const float *x, const float *restrict w,
                        const float *restrict bias, float *y) {
  const int32_t channels = params->input_c;
  for (int32_t oy = 0; oy < params->output_h; ++oy) {
    const int32_t y0 = oy * params->stride_h - params->pad_top;
    const edgeml_taps rows = edgeml_clip_taps(y0, params->dilation_h, params->kernel_h, params->input_h);
    for (int32_t ox = 0; ox < params->output_w; ++ox) {
      const int32_t x0 = ox * params->stride_w - params->pad_left;
      const edgeml_taps columns = edgeml_clip_taps(x0, params->dilation_w, params->kernel_w, params->input_w);
      for (int32_t o = 0; o < params->output_c; ++o) {
        float sum = 0.0f;
        const float *filter = w + o * params->kernel_h * params->kernel_w * channels;
        for (int32_t i = rows.begin; i < rows.end; ++i) {
          for (int32_t j = columns.begin; j < columns.end; ++j) {
            const float *in =
                x + ((y0 + i * params->dilation_h) * params->input_w + x0 + j * params->dilation_w) * channels;
            const float *weights = filter + (i * params->kernel_w + j) * channels;
            for (int32_t c = 0; c < channels; ++c) sum += in[c] * weights[c];
          }
        }
        if (bias != NULL) sum += bias[o];
        sum = sum < params->activation_min ? params->activation_min : sum;
        *y++ = sum > params->activation_max ? params->activation_max : sum;
      }
    }
  }
}
