#include "fully_connected_dsp_s4.h"

#define EDGEML_WIDE 0
#define EDGEML_NIBBLES 1
#include "fully_connected_dsp.h"

void edgeml_fully_connected_dsp_s4(const edgeml_fully_connected_dsp_s4_params *params, const int8_t *x,
                                   const int32_t *restrict stream, const int32_t *restrict factors, void *scratch,
                                   int8_t *y) {
  edgeml_fully_connected_dsp(params, x, stream, factors, scratch, y);
}
