/* The loop of every kernel of two operands with broadcasting. No guard: the kernel's .c file defines
 *   EDGEML_KERNEL   its function
 *   EDGEML_PARAMS   its parameters, with the fields of edgeml_broadcast_params
 *   EDGEML_OPERAND  element type of a and b
 *   EDGEML_RESULT   element type of y
 *   apply(params, a, b)  one result
 * and includes this file last. y may be written over a or b: the elements go in the order of y, each read first. */

static EDGEML_RESULT *row(const EDGEML_PARAMS *restrict params, const EDGEML_OPERAND *a, int32_t step_a,
                          const EDGEML_OPERAND *b, int32_t step_b, EDGEML_RESULT *y, int32_t count) {
  for (; count > 0; --count, a += step_a, b += step_b) *y++ = apply(params, *a, *b);
  return y;
}

void EDGEML_KERNEL(const EDGEML_PARAMS *restrict params, const EDGEML_OPERAND *a, const EDGEML_OPERAND *b,
                   EDGEML_RESULT *y) {
  const int32_t *const n = params->shape, *const sa = params->stride_a, *const sb = params->stride_b;
  for (int32_t i = 0; i < n[0]; ++i)
    for (int32_t j = 0; j < n[1]; ++j)
      for (int32_t k = 0; k < n[2]; ++k)
        y = row(params, a + i * sa[0] + j * sa[1] + k * sa[2], sa[3], b + i * sb[0] + j * sb[1] + k * sb[2], sb[3], y,
                n[3]);
}
