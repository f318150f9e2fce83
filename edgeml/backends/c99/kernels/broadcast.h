/* Broadcasting over four dimensions. */
#ifndef EDGEML_BROADCAST_H
#define EDGEML_BROADCAST_H

#include <stdint.h>

/* Whether an operand with these strides has the output's own layout, so that one loop does. */
static inline int32_t edgeml_is_dense(const int32_t shape[4], const int32_t stride[4]) {
  int32_t size = 1;
  for (int32_t i = 3; i >= 0; --i) {
    if (shape[i] != 1 && stride[i] != size) return 0;
    size *= shape[i];
  }
  return 1;
}

#endif
