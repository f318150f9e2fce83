#include "conv_2d_sparse_pairs_s8.h"

#include "sparse_pairs.h"

static void channels(const edgeml_conv_2d_pairs_s8_params *p, const uint32_t *patch, const int8_t *w,
                     const int16_t *fours, const int32_t *bias, const edgeml_rescale *rescale, const edgeml_scale *scale,
                     int8_t *y, int32_t pixels) {
  const edgeml_rescale *const end = rescale + p->output_c;
  for (; rescale != end; ++rescale, ++y) {
    const int32_t size = EDGEML_FOUR_SIZE * *fours++;
    edgeml_four_sums sums;
    edgeml_sparse_sums(&sums, patch, w, size);
    w += size;
    edgeml_rescale_run_or_requantize(sums.value, 1, pixels, *rescale, p->shift, *bias++, scale, p->output_zero_point,
                                     p->activation_min, p->activation_max, y, p->output_c);
  }
}

#define EDGEML_KERNEL edgeml_conv_2d_sparse_pairs_s8

#include "conv_2d_pairs.h"
