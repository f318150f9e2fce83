/* The body of the sparse fully connected kernels. EDGEML_KERNEL names the function; before this file stands
 * result(acc, form, scale, params): one channel's result. */
void EDGEML_KERNEL(const edgeml_fully_connected_sparse_s8_params *params, const int8_t *restrict x,
                   const int8_t *restrict w, const int16_t *restrict fours, const int32_t *restrict bias,
                   const edgeml_rescale *restrict rescale, const edgeml_scale *restrict scale, int8_t *restrict y) {
  for (int32_t n = params->batches; n > 0; --n, x += params->input_size, y += params->output_size) {
    const int8_t *from = w;
    for (int32_t c = 0; c < params->output_size; ++c) {
      const int8_t *at = x;
      int32_t sum = 0;
      for (int32_t left = fours[c]; left > 0; --left, at += 4, from += 5) {
        at += 4 * from[0];
        sum += at[0] * from[1] + at[1] * from[2] + at[2] * from[3] + at[3] * from[4];
      }
      y[c] = (int8_t)result(edgeml_plus(sum, bias[c]), rescale[c], scale, params);
    }
  }
}
