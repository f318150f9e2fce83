/* Elementwise sum of tensors of one shape, int8, with Helium. */
#ifndef EDGEML_ADD_MVE_S8_H
#define EDGEML_ADD_MVE_S8_H

#include "add_s8.h"

typedef edgeml_add_s8_params edgeml_add_mve_s8_params;

/* As edgeml_add_s8, without broadcasting. y may be written over a or b: four elements are read, then written. */
void edgeml_add_mve_s8(const edgeml_add_mve_s8_params *params, const int8_t *a, const int8_t *b, int8_t *y);

#endif
