/* A constant border around a tensor, int16. */
#ifndef EDGEML_PAD_S16_H
#define EDGEML_PAD_S16_H

#include <stdint.h>

typedef struct {
  int32_t shape_in[4];
  int32_t before[4], after[4]; /* elements added to each dimension */
  int32_t value;               /* -32768..32767 */
} edgeml_pad_s16_params;

/* x (shape_in), y (before + shape_in + after in each dimension). */
void edgeml_pad_s16(const edgeml_pad_s16_params *params, const int16_t *x, int16_t *y);

#endif
