#include "conv_2d_single_sparse_dsp_s8.h"

#define EDGEML_WIDE 1
#include "pair_dsp_s8.h"
#include "single_dsp_s8.h"
#include "windows_dsp_s8.h"

void edgeml_conv_2d_single_sparse_dsp_s8(const edgeml_conv_2d_single_sparse_dsp_s8_params *params, const int8_t *x,
                                         const int32_t *restrict stream, const int8_t *restrict weights,
                                         const edgeml_scale *restrict scale, void *restrict scratch, int8_t *y) {
  const edgeml_conv_2d_dsp_s8_params *const p = params;
  const int32_t pixels = p->output_h * p->output_w, pointwise = edgeml_is_pointwise(p);
  int32_t k;
  const edgeml_windows windows = edgeml_windows_prepare(p, x, scratch, &k);
  edgeml_single single = {stream, weights, y, p->output_c, 3 * p->output_c, stream + EDGEML_SINGLE_RECORD * p->output_c,
                          windows.words, {0, 0, 0, 0}};
  edgeml_place next = {-p->pad_top, -p->pad_left, 0};
  for (int32_t done = 0; done < pixels; done += 4, single.y += 4 * p->output_c) {
    const int32_t count = pixels - done < 4 ? pixels - done : 4;
    edgeml_expand_next(&windows, &next, pointwise, done, count, k);
    edgeml_single_run(single, count, scale, p->output_zero_point);
  }
  edgeml_clamp_all(y, pixels * p->output_c, p->activation_min, p->activation_max);
}
