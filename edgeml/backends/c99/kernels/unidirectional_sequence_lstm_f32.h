/* Long short-term memory over a sequence, float32. */
#ifndef EDGEML_UNIDIRECTIONAL_SEQUENCE_LSTM_F32_H
#define EDGEML_UNIDIRECTIONAL_SEQUENCE_LSTM_F32_H

#include <stdint.h>

typedef struct {
  int32_t batches, steps, input_size, units;
  int32_t time_major; /* 0: x is (batches, steps, input_size), else (steps, batches, input_size) */
  float cell_clip;    /* 0: none */
} edgeml_unidirectional_sequence_lstm_f32_params;

/* w* (units, input_size), r* (units, units), b* (units) of the gates i, f, g, o; h, c, h_next, c_next (batches, units),
 * old and next the same buffer, or two; y as x with `units` values; scratch 4 units. */
void edgeml_unidirectional_sequence_lstm_f32(const edgeml_unidirectional_sequence_lstm_f32_params *params,
                                             const float *x, const float *wi, const float *wf, const float *wg,
                                             const float *wo, const float *ri, const float *rf, const float *rg,
                                             const float *ro, const float *bi, const float *bf, const float *bg,
                                             const float *bo, const float *h, const float *c, float *y, float *h_next,
                                             float *c_next, void *scratch);

#endif
