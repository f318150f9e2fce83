/* Codes to codes of another scale, zero point or type. No guard: the kernel's .c file defines
 *   EDGEML_KERNEL           its function
 *   EDGEML_INPUT            element type of x
 *   EDGEML_RESULT           element type of y
 *   EDGEML_MIN, EDGEML_MAX  its range
 * and includes this file last. y may be x where it is no wider. */

void EDGEML_KERNEL(const edgeml_requantize_codes_params *restrict params, const EDGEML_INPUT *x, EDGEML_RESULT *y) {
  for (int32_t i = 0; i < params->size; ++i) {
    const int32_t steps = edgeml_multiply_by_quantized_multiplier(x[i] - params->input_zero_point, params->multiplier,
                                                                  params->shift);
    y[i] = (EDGEML_RESULT)(edgeml_clamp_s32(steps, EDGEML_MIN - params->output_zero_point,
                                            EDGEML_MAX - params->output_zero_point) +
                           params->output_zero_point);
  }
}
