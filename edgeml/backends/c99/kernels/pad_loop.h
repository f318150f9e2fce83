/* A constant border in any element type. No guard: the kernel's .c file defines
 *   EDGEML_KERNEL   its function
 *   EDGEML_PARAMS   its parameters, with the fields of edgeml_pad_s8_params
 *   EDGEML_ELEMENT  element type of x and y
 * and includes this file last. */

static EDGEML_ELEMENT *fill(EDGEML_ELEMENT *y, int32_t count, EDGEML_ELEMENT value) {
  for (; count > 0; --count) *y++ = value;
  return y;
}

void EDGEML_KERNEL(const EDGEML_PARAMS *params, const EDGEML_ELEMENT *x, EDGEML_ELEMENT *y) {
  const int32_t *const in = params->shape_in, *const before = params->before, *const after = params->after;
  const EDGEML_ELEMENT value = (EDGEML_ELEMENT)params->value;
  /* elements of y in one step of dimensions 0, 1 and 2 */
  const int32_t row = before[3] + in[3] + after[3];
  const int32_t plane = row * (before[2] + in[2] + after[2]);
  const int32_t volume = plane * (before[1] + in[1] + after[1]);
  y = fill(y, before[0] * volume, value);
  for (int32_t i = 0; i < in[0]; ++i) {
    y = fill(y, before[1] * plane, value);
    for (int32_t j = 0; j < in[1]; ++j) {
      y = fill(y, before[2] * row, value);
      for (int32_t k = 0; k < in[2]; ++k) {
        y = fill(y, before[3], value);
        for (int32_t l = 0; l < in[3]; ++l) *y++ = *x++;
        y = fill(y, after[3], value);
      }
      y = fill(y, after[2] * row, value);
    }
    y = fill(y, after[1] * plane, value);
  }
  (void)fill(y, after[0] * volume, value);
}
