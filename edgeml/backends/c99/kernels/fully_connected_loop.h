/* The loop of matrix times vector in any element type. No guard: the kernel's .c file defines
 *   EDGEML_KERNEL          its function
 *   EDGEML_PARAMS          its parameters, with the fields of edgeml_fully_connected_f32_params
 *   EDGEML_ELEMENT         element type of x and y
 *   EDGEML_WEIGHT          that of w
 *   EDGEML_SUM             that of bias and of sums
 *   EDGEML_PRODUCT         that of one product
 *   EDGEML_SCALE_ARGUMENT  a further parameter with its comma, or nothing
 *   EDGEML_FINISH(sum, o)  the result of a sum for output channel o
 * and includes this file last. */

void EDGEML_KERNEL(const EDGEML_PARAMS *params, const EDGEML_ELEMENT *x, const EDGEML_WEIGHT *restrict w,
                   const EDGEML_SUM *restrict bias, EDGEML_SCALE_ARGUMENT EDGEML_ELEMENT *y) {
  const int32_t size = params->input_size;
  for (int32_t n = 0; n < params->batches; ++n, x += size) {
    const EDGEML_WEIGHT *row = w;
    for (int32_t o = 0; o < params->output_size; ++o, row += size) {
      EDGEML_SUM sum = 0;
      for (int32_t i = 0; i < size; ++i) sum += (EDGEML_PRODUCT)x[i] * (EDGEML_PRODUCT)row[i];
      if (bias != NULL) sum += bias[o];
      *y++ = (EDGEML_ELEMENT)EDGEML_FINISH(sum, o);
    }
  }
}
