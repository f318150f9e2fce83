#include "conv_2d_sparse_dsp_s8.h"

#define EDGEML_WIDE 1
#include "pair_dsp_s8.h"
#include "sparse_dsp_s8.h"
#include "windows_dsp_s8.h"

void edgeml_conv_2d_sparse_dsp_s8(const edgeml_conv_2d_sparse_dsp_s8_params *params, const int8_t *x,
                                  const int32_t *restrict stream, const uint8_t *restrict steps,
                                  const edgeml_scale *restrict scale, void *restrict scratch, int8_t *y) {
  const edgeml_conv_2d_dsp_s8_params *const p = params;
  const int32_t pixels = p->output_h * p->output_w, pointwise = edgeml_is_pointwise(p);
  int32_t k;
  const edgeml_windows windows = edgeml_windows_prepare(p, x, scratch, &k);
  edgeml_sparse sparse = {stream, steps, y, p->output_c, 3 * p->output_c, stream, windows.words, {0, 0, 0, 0}};
  for (int32_t c = p->output_c; c > 0; --c) sparse.stream_end += 4 + edgeml_sparse_fours(*sparse.stream_end);
  edgeml_place next = {-p->pad_top, -p->pad_left, 0};
  for (int32_t done = 0; done < pixels; done += 4, sparse.y += 4 * p->output_c) {
    const int32_t count = pixels - done < 4 ? pixels - done : 4;
    edgeml_expand_next(&windows, &next, pointwise, done, count, k);
    edgeml_sparse_run(sparse, count, scale, p->output_zero_point);
  }
  edgeml_clamp_all(y, pixels * p->output_c, p->activation_min, p->activation_max);
}
