/* int8 codes to int16 codes. */
#ifndef EDGEML_REQUANTIZE_S8_S16_H
#define EDGEML_REQUANTIZE_S8_S16_H

#include <stdint.h>

#include "requantize_codes.h"

typedef edgeml_requantize_codes_params edgeml_requantize_s8_s16_params;

/* x (size), y (size): (x - input_zero_point) * multiplier * 2^(shift - 31), rounded twice, plus output_zero_point,
 * saturated. */
void edgeml_requantize_s8_s16(const edgeml_requantize_s8_s16_params *params, const int8_t *x, int16_t *y);

#endif
