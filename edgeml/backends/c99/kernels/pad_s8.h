/* A constant border around a tensor, int8. */
#ifndef EDGEML_PAD_S8_H
#define EDGEML_PAD_S8_H

#include <stdint.h>

typedef struct {
  int32_t shape_in[4];
  int32_t before[4], after[4]; /* elements added to each dimension */
  int32_t value;               /* -128..127 */
} edgeml_pad_s8_params;

/* x (shape_in), y (before + shape_in + after in each dimension). */
void edgeml_pad_s8(const edgeml_pad_s8_params *params, const int8_t *x, int8_t *y);

#endif
