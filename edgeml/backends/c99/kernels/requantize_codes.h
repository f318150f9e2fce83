/* Parameters of kernels from codes to codes. */
#ifndef EDGEML_REQUANTIZE_CODES_H
#define EDGEML_REQUANTIZE_CODES_H

#include <stdint.h>

typedef struct {
  int32_t size;
  int32_t input_zero_point, output_zero_point;
  int32_t multiplier, shift; /* input scale / output scale, times 2^(31 - shift) */
} edgeml_requantize_codes_params;

#endif
