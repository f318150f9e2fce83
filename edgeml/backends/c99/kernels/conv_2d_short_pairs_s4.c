#include "conv_2d_short_pairs_s4.h"

#define EDGEML_NIBBLES 1
#include "pair_run.h"

static void channels(const edgeml_conv_2d_pairs_s8_params *p, const uint32_t *patch, const int32_t *w,
                     const int16_t *extra, const int32_t *bias, const edgeml_rescale *rescale, const edgeml_scale *scale,
                     int8_t *y, int32_t pixels) {
  const int32_t min = p->activation_min, max = p->activation_max, zero = p->output_zero_point;
  const int32_t whole = pixels == 4 && min == -128 && max == 127;
  edgeml_pair_run run = {patch, w, p->count, extra, bias, whole ? rescale : &edgeml_no_form, y, p->output_c, p->output_c,
                         {0, 0, 0, 0}};
  int32_t (*const next)(edgeml_pair_run *) = p->group == 8 ? edgeml_pair_run_8 : edgeml_pair_run_16;
  for (; next(&run) != 0; --run.channels, ++run.bias, ++run.y) {
    edgeml_rescale_short_or_requantize(rescale[p->output_c - run.channels], *run.bias, run.sums, scale, zero, min, max, run.y,
                                run.step, pixels);
    if (whole) ++run.form;
  }
}

#define EDGEML_KERNEL edgeml_conv_2d_short_pairs_s4

#include "conv_2d_pairs.h"
