/* Long short-term memory over a sequence: int8 with an int16 cell, as LiteRT's integer LSTM. */
#ifndef EDGEML_UNIDIRECTIONAL_SEQUENCE_LSTM_S8_H
#define EDGEML_UNIDIRECTIONAL_SEQUENCE_LSTM_S8_H

#include <stdint.h>

typedef struct {
  int32_t batches, steps, input_size, units;
  int32_t time_major; /* 0: x is (batches, steps, input_size), else (steps, batches, input_size) */
  int32_t input_multiplier[4];
  int32_t input_shift[4]; /* of the gates i, f, g, o, to steps of 2^-12; see fixed_point.h */
  int32_t recurrent_multiplier[4];
  int32_t recurrent_shift[4];
  int32_t hidden_multiplier, hidden_shift, hidden_zero_point; /* Q0.30 to int8 */
  int32_t cell_exponent;                                      /* the cell's scale is 2^cell_exponent, -15..-9 */
  int32_t cell_clip;                                          /* in steps of the cell, 0: none */
} edgeml_unidirectional_sequence_lstm_s8_params;

/* w* (units, input_size), r* (units, units) of the gates i, f, g, o; input_bias and recurrent_bias (4, units) hold the
 * zero points' share; h, c, h_next, c_next (batches, units), old and next the same buffer, or two; y as x with `units`
 * values; scratch 4 units of int16. */
void edgeml_unidirectional_sequence_lstm_s8(const edgeml_unidirectional_sequence_lstm_s8_params *params,
                                            const int8_t *x, const int8_t *wi, const int8_t *wf, const int8_t *wg,
                                            const int8_t *wo, const int8_t *ri, const int8_t *rf, const int8_t *rg,
                                            const int8_t *ro, const int32_t *input_bias, const int32_t *recurrent_bias,
                                            const int8_t *h, const int16_t *c, int8_t *y, int8_t *h_next,
                                            int16_t *c_next, void *scratch);

#endif
