#include "conv_2d_pairs_s4.h"

#define EDGEML_NIBBLES 1
#include "pixel_pairs.h"

EDGEML_PAIR_SUMS(nibbles_of_8, EDGEML_PAIR_GROUP_8)
EDGEML_PAIR_SUMS(nibbles_of_16, EDGEML_PAIR_GROUP_16)

static void channels(const edgeml_conv_2d_pairs_s4_params *p, const uint32_t *patch, const int32_t *w,
                     const int16_t *extra, const int32_t *bias, const edgeml_rescale *rescale, const edgeml_scale *scale,
                     int8_t *y, int32_t pixels) {
  const int32_t count = p->count;
  const edgeml_rescale *const end = rescale + p->output_c;
  for (; rescale != end; ++rescale, w += count, ++y) {
    edgeml_four_sums sums;
    if (p->group == 8)
      nibbles_of_8(&sums, patch, w, count);
    else
      nibbles_of_16(&sums, patch, w, count);
    extra = edgeml_add_extra(&sums, patch, extra);
    edgeml_rescale_run_or_requantize(sums.value, 1, pixels, *rescale, p->shift, *bias++, scale, p->output_zero_point,
                                     p->activation_min, p->activation_max, y, p->output_c);
  }
}

#define EDGEML_KERNEL edgeml_conv_2d_pairs_s4

#include "conv_2d_pairs.h"
