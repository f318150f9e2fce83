#include "fully_connected_mve_s8.h"

#include "mve.h"

void edgeml_fully_connected_mve_s8(const edgeml_fully_connected_mve_s8_params *params, const int8_t *x,
                                   const int32_t *restrict stream, int8_t *y) {
  const edgeml_s8_range range = {params->output_zero_point, params->activation_min, params->activation_max};
  for (int32_t n = 0; n < params->batches; ++n, x += params->input_size, y += params->output_size) {
    const int32_t *at = stream;
    for (int32_t o = 0; o < params->output_size; o += 4) {
      edgeml_x4 sums;
      at = edgeml_dots_1x4(at, x, params->input_size, &sums);
      edgeml_store_s8x4(y + o, sums, at, range, params->output_size - o);
      at += 4;
    }
  }
}
