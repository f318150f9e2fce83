/* The place of the largest or smallest element along one dimension, for any element type. */
#ifndef EDGEML_ARG_LOOP_H
#define EDGEML_ARG_LOOP_H

#include "elements.h"

/* `p` points to outer, size, inner, smallest and index_size (4 or 8 bytes); `x` is (outer, size, inner) of `type`, `y`
 * (outer, inner). Of equal elements the first one counts. */
#define EDGEML_ARG(p, type, x, y)                                            \
  do {                                                                       \
    const int32_t inner = (p)->inner;                                        \
    int32_t to = 0;                                                          \
    for (int32_t o = 0; o < (p)->outer; ++o, (x) += (p)->size * inner) {     \
      for (int32_t i = 0; i < inner; ++i, ++to) {                            \
        type best = (x)[i];                                                  \
        int32_t index = 0;                                                   \
        for (int32_t k = 1; k < (p)->size; ++k) {                            \
          const type value = (x)[k * inner + i];                             \
          if ((p)->smallest != 0 ? value < best : value > best) {            \
            best = value;                                                    \
            index = k;                                                       \
          }                                                                  \
        }                                                                    \
        if ((p)->index_size == 8)                                            \
          ((edgeml_int64 *)(y))[to] = index;                                 \
        else                                                                 \
          ((int32_t *)(y))[to] = index;                                      \
      }                                                                      \
    }                                                                        \
  } while (0)

#endif
