/* Whose int8 arithmetic the kernels compute: LiteRT's (and ONNX Runtime's), or, with EDGEML_NUMERICS_TFLM, that of
 * TensorFlow Lite Micro and CMSIS-NN. A library carries this file with the value that it was compiled for. */
#ifndef EDGEML_NUMERICS_H
#define EDGEML_NUMERICS_H

#include <stdint.h>

#ifndef EDGEML_NUMERICS_TFLM
#define EDGEML_NUMERICS_TFLM 0
#endif

/* Kernels whose arithmetic depends on it have other names, so that libraries of both may be linked into one program. */
#if EDGEML_NUMERICS_TFLM
#define edgeml_conv_2d_s8 edgeml_conv_2d_s8_tflm
#define edgeml_conv_2d_dsp_s8 edgeml_conv_2d_dsp_s8_tflm
#define edgeml_conv_2d_pairs_s4 edgeml_conv_2d_pairs_s4_tflm
#define edgeml_conv_2d_short_pairs_s4 edgeml_conv_2d_short_pairs_s4_tflm
#define edgeml_conv_2d_dsp_s4 edgeml_conv_2d_dsp_s4_tflm
#define edgeml_fully_connected_dsp_s4 edgeml_fully_connected_dsp_s4_tflm
#define edgeml_conv_2d_dsp_wide_s8 edgeml_conv_2d_dsp_wide_s8_tflm
#define edgeml_conv_2d_sparse_dsp_s8 edgeml_conv_2d_sparse_dsp_s8_tflm
#define edgeml_conv_2d_sparse_pairs_s8 edgeml_conv_2d_sparse_pairs_s8_tflm
#define edgeml_conv_2d_sparse_short_pairs_s8 edgeml_conv_2d_sparse_short_pairs_s8_tflm
#define edgeml_fully_connected_sparse_s8 edgeml_fully_connected_sparse_s8_tflm
#define edgeml_fully_connected_sparse_short_s8 edgeml_fully_connected_sparse_short_s8_tflm
#define edgeml_conv_2d_single_sparse_dsp_s8 edgeml_conv_2d_single_sparse_dsp_s8_tflm
#define edgeml_conv_2d_pairs_s8 edgeml_conv_2d_pairs_s8_tflm
#define edgeml_conv_2d_short_pairs_s8 edgeml_conv_2d_short_pairs_s8_tflm
#define edgeml_depthwise_conv_2d_pairs_s8 edgeml_depthwise_conv_2d_pairs_s8_tflm
#define edgeml_depthwise_conv_2d_short_pairs_s8 edgeml_depthwise_conv_2d_short_pairs_s8_tflm
#define edgeml_depthwise_conv_2d_s8 edgeml_depthwise_conv_2d_s8_tflm
#define edgeml_depthwise_3x3_dsp_s8 edgeml_depthwise_3x3_dsp_s8_tflm
#define edgeml_depthwise_dsp_s8 edgeml_depthwise_dsp_s8_tflm
#define edgeml_fully_connected_pairs_s8 edgeml_fully_connected_pairs_s8_tflm
#define edgeml_fully_connected_short_pairs_s8 edgeml_fully_connected_short_pairs_s8_tflm
#define edgeml_fully_connected_s8 edgeml_fully_connected_s8_tflm
#define edgeml_fully_connected_sparse_dsp_s8 edgeml_fully_connected_sparse_dsp_s8_tflm
#define edgeml_fully_connected_dsp_s8 edgeml_fully_connected_dsp_s8_tflm
#define edgeml_fully_connected_dsp_wide_s8 edgeml_fully_connected_dsp_wide_s8_tflm
#define edgeml_mul_s8 edgeml_mul_s8_tflm
#endif

/* The real factor from an accumulator to output steps, as edgeml_requantize takes it. */
#if EDGEML_NUMERICS_TFLM
typedef struct {
  int32_t multiplier; /* 2^30..2^31 - 1, or 0 */
  int32_t shift;      /* -31..30; the factor is multiplier * 2^(shift - 31) */
} edgeml_scale;
#else
typedef float edgeml_scale; /* positive and finite */
#endif

#endif
