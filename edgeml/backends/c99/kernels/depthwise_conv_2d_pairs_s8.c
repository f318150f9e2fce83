#include "depthwise_conv_2d_pairs_s8.h"

static void rescale(const int32_t *sums, int32_t count, edgeml_rescale form, int32_t bias, const edgeml_scale *scale,
                    const edgeml_depthwise_conv_2d_pairs_s8_params *p, int8_t *y) {
  const int32_t min = p->activation_min, max = p->activation_max, step = p->output_c, shift = p->shift;
  if (form.multiplier != 0) {
    for (; count > 0; --count, sums += 2, y += step)
      *y = (int8_t)edgeml_rescale_range_s8(edgeml_plus(*sums, bias), form, shift, min, max);
  } else {
    for (; count > 0; --count, sums += 2, y += step)
      *y = (int8_t)edgeml_requantize(edgeml_plus(*sums, bias), scale[form.addend], p->output_zero_point, min, max);
  }
}

#define EDGEML_KERNEL edgeml_depthwise_conv_2d_pairs_s8

#include "depthwise_conv_2d_pairs.h"
