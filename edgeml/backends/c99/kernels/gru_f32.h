/* Gated recurrent units over a sequence, float32. */
#ifndef EDGEML_GRU_F32_H
#define EDGEML_GRU_F32_H

#include <stdint.h>

typedef struct {
  int32_t batches, steps, input_size, units;
  int32_t time_major;          /* 0: x is (batches, steps, input_size), else (steps, batches, input_size) */
  int32_t linear_before_reset; /* 0: n = tanh(W x + Wb + R (r h) + Rb), else n = tanh(W x + Wb + r (R h + Rb)) */
} edgeml_gru_f32_params;

/* w (3 units, input_size), r (3 units, units), wb and rb (3 units), gates in the order z, r, n; h and h_next (batches,
 * units): the same buffer, or two; y as x with `units` values; scratch 4 units. */
void edgeml_gru_f32(const edgeml_gru_f32_params *params, const float *x, const float *w, const float *r,
                    const float *wb, const float *rb, const float *h, float *y, float *h_next, void *scratch);

#endif
