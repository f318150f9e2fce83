/* Elementwise sum or difference without broadcasting, int8, four elements a turn (dsp.h). */
#ifndef EDGEML_ADD_DSP_S8_H
#define EDGEML_ADD_DSP_S8_H

#include <stdint.h>

typedef struct {
  int32_t size;
  int32_t a_multiplier, b_multiplier; /* |multiplier| below 2^22 */
  int32_t bias, shift;                /* bias holds the rounding and all three zero points */
} edgeml_add_dsp_s8_params;

/* a, b, y (size); y = saturate((bias + a * a_multiplier + b * b_multiplier) >> shift); the sum fits in int32, and the
 * result before it is saturated in 15 bits. y may be written over a or b: the elements go in order, each read first. */
void edgeml_add_dsp_s8(const edgeml_add_dsp_s8_params *params, const int8_t *a, const int8_t *b, int8_t *y);

#endif
