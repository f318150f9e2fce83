/* Matrix product with bias, int8, with Helium: four channels at a time, 16 products an instruction. */
#ifndef EDGEML_FULLY_CONNECTED_MVE_S8_H
#define EDGEML_FULLY_CONNECTED_MVE_S8_H

#include <stdint.h>

typedef struct {
  int32_t batches, input_size, output_size;
  int32_t output_zero_point;              /* -128..127 */
  int32_t activation_min, activation_max; /* -128..127 */
} edgeml_fully_connected_mve_s8_params;

/* x (batches, input_size), y (batches, output_size); litert numerics.
 * stream, for each four channels (missing ones are zeros): what edgeml_dots_1x4 reads for input_size weights, where the
 * starting sum is the bias less the input's zero point times the sum of the weights; then four float32 scales.
 * Every partial sum fits in int32. */
void edgeml_fully_connected_mve_s8(const edgeml_fully_connected_mve_s8_params *params, const int8_t *x,
                                   const int32_t *restrict stream, int8_t *y);

#endif
