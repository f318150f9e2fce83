#include "depthwise_conv_2d_pairs_s8.h"

static void rescale(const int32_t *sums, int32_t count, edgeml_rescale form, int32_t bias, const edgeml_scale *scale,
                    const edgeml_depthwise_conv_2d_pairs_s8_params *p, int8_t *y) {
  edgeml_rescale_run_or_requantize(sums, 2, count, form, p->shift, bias, scale, p->output_zero_point,
                                   p->activation_min, p->activation_max, y, p->output_c);
}

#define EDGEML_KERNEL edgeml_depthwise_conv_2d_pairs_s8

#include "depthwise_conv_2d_pairs.h"
