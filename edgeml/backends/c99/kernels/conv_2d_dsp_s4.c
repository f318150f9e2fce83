#include "conv_2d_dsp_s4.h"

#define EDGEML_WIDE 0
#define EDGEML_NIBBLES 1
#include "conv_2d_dsp.h"

void edgeml_conv_2d_dsp_s4(const edgeml_conv_2d_dsp_s4_params *params, const int8_t *x, const int32_t *restrict stream,
                           void *restrict scratch, int8_t *y) {
  edgeml_conv_2d_dsp(params, x, stream, scratch, y);
}
