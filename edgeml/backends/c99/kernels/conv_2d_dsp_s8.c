#include "conv_2d_dsp_s8.h"

#define EDGEML_WIDE 0
#include "conv_2d_dsp.h"

void edgeml_conv_2d_dsp_s8(const edgeml_conv_2d_dsp_s8_params *params, const int8_t *x,
                           const int32_t *restrict stream, void *restrict scratch, int8_t *y) {
  edgeml_conv_2d_dsp(params, x, stream, scratch, y);
}
