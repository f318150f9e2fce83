/* Copy, int8: a reshape whose tensors lie in two places. */
#ifndef EDGEML_COPY_S8_H
#define EDGEML_COPY_S8_H

#include <stdint.h>

typedef struct {
  int32_t size;
} edgeml_copy_s8_params;

/* x (size), y (size). */
void edgeml_copy_s8(const edgeml_copy_s8_params *params, const int8_t *restrict x, int8_t *restrict y);

#endif
