/* The body of the conv_2d_dsp kernels; see block_dsp_s8.h for EDGEML_WIDE and EDGEML_NIBBLES, windows_dsp_s8.h for the windows. */
#ifndef EDGEML_CONV_2D_DSP_H
#define EDGEML_CONV_2D_DSP_H

#include "block_dsp_s8.h"
#include "conv_2d_dsp_s8.h"
#include "windows_dsp_s8.h"

static void edgeml_conv_2d_dsp(const edgeml_conv_2d_dsp_s8_params *p, const int8_t *x, const int32_t *stream,
                               void *scratch, int8_t *y) {
  const int32_t pixels = p->output_h * p->output_w, pointwise = edgeml_is_pointwise(p);
  int32_t k;
  edgeml_windows windows = edgeml_windows_prepare(p, x, scratch, &k);
#if EDGEML_NIBBLES
  /* the sums of the pixels stand between */
  windows.rest += 4 * sizeof(uint32_t);
  windows.row += 4 * sizeof(uint32_t);
  edgeml_fill(windows.rest, 0, 4 * windows.left_size);
#endif
  edgeml_block block = edgeml_block_prepare(windows.words, k, stream, p->output_c, p->output_zero_point);
  edgeml_place next = {-p->pad_top, -p->pad_left, 0};
  int8_t *to = y;
  for (int32_t done = 0; done < pixels; done += 4, to += 4 * p->output_c) {
    const int32_t count = pixels - done < 4 ? pixels - done : 4;
    edgeml_expand_next(&windows, &next, pointwise, done, count, k);
#if EDGEML_NIBBLES
    edgeml_block_sums(windows.words, windows.words + 2 * k);
#endif
    edgeml_block_run(&block, count, to);
  }
  edgeml_clamp_all(y, pixels * p->output_c, p->activation_min, p->activation_max);
}

#endif
