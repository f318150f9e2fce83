/* The loop of depthwise convolution in any element type. No guard: the kernel's .c file defines
 *   EDGEML_KERNEL          its function
 *   EDGEML_PARAMS          its parameters, with the fields of edgeml_depthwise_conv_2d_f32_params
 *   EDGEML_ELEMENT         element type of x and y
 *   EDGEML_WEIGHT          that of w
 *   EDGEML_SUM             that of bias and of sums
 *   EDGEML_PRODUCT         that of one product
 *   EDGEML_SCALE_ARGUMENT  a further parameter with its comma, or nothing
 *   EDGEML_FINISH(sum, o)  the result of a sum for output channel o
 * and includes this file last. */

void EDGEML_KERNEL(const EDGEML_PARAMS *params, const EDGEML_ELEMENT *x, const EDGEML_WEIGHT *restrict w,
                   const EDGEML_SUM *restrict bias, EDGEML_SCALE_ARGUMENT EDGEML_ELEMENT *y) {
  const int32_t channels = params->input_c;
  for (int32_t oy = 0; oy < params->output_h; ++oy) {
    const int32_t y0 = oy * params->stride_h - params->pad_top;
    const edgeml_taps rows = edgeml_clip_taps(y0, params->dilation_h, params->kernel_h, params->input_h);
    for (int32_t ox = 0; ox < params->output_w; ++ox) {
      const int32_t x0 = ox * params->stride_w - params->pad_left;
      const edgeml_taps columns = edgeml_clip_taps(x0, params->dilation_w, params->kernel_w, params->input_w);
      for (int32_t o = 0; o < params->output_c; ++o) {
        EDGEML_SUM sum = 0;
        const EDGEML_ELEMENT *in = x + o / params->multiplier;
        for (int32_t i = rows.begin; i < rows.end; ++i)
          for (int32_t j = columns.begin; j < columns.end; ++j)
            sum += (EDGEML_PRODUCT)in[((y0 + i * params->dilation_h) * params->input_w + x0 + j * params->dilation_w) *
                                      channels] *
                   (EDGEML_PRODUCT)w[(i * params->kernel_w + j) * params->output_c + o];
        if (bias != NULL) sum += bias[o];
        *y++ = (EDGEML_ELEMENT)EDGEML_FINISH(sum, o);
      }
    }
  }
}
