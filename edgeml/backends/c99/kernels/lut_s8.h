/* Any function of one int8 value, as a table. */
#ifndef EDGEML_LUT_S8_H
#define EDGEML_LUT_S8_H

#include <stdint.h>

typedef struct {
  int32_t size;
} edgeml_lut_s8_params;

/* x (size), table (256): the result for -128, -127, ..., 127, y (size). x and y may be the same. */
void edgeml_lut_s8(const edgeml_lut_s8_params *params, const int8_t *x, const int8_t *restrict table, int8_t *y);

#endif
