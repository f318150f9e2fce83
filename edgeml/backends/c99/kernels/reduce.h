/* Loops over the kept and the reduced dimensions of a tensor: what the reductions share. */
#ifndef EDGEML_REDUCE_H
#define EDGEML_REDUCE_H

#include <stdint.h>

enum { EDGEML_REDUCE_SUM, EDGEML_REDUCE_MEAN, EDGEML_REDUCE_MAX, EDGEML_REDUCE_MIN, EDGEML_REDUCE_PROD };

/* For every index of the three kept loops: `element` points at its first element, and `statement` runs. */
#define EDGEML_FOR_KEPT(params, type, x, element, statement)                            \
  for (int32_t k0 = 0; k0 < (params)->shape[0]; ++k0) {                                 \
    for (int32_t k1 = 0; k1 < (params)->shape[1]; ++k1) {                               \
      const type *element = (x) + k0 * (params)->stride[0] + k1 * (params)->stride[1];  \
      for (int32_t k2 = (params)->shape[2]; k2 > 0; --k2, element += (params)->stride[2]) { \
        statement                                                                       \
      }                                                                                 \
    }                                                                                   \
  }

/* For every element that becomes one with `element`, in the order of memory: `value` is it, and `statement` runs. */
#define EDGEML_FOR_REDUCED(params, type, element, value, statement)                                             \
  for (int32_t r0 = 0; r0 < (params)->reduce_shape[0]; ++r0) {                                                  \
    for (int32_t r1 = 0; r1 < (params)->reduce_shape[1]; ++r1) {                                                \
      const type *in = (element) + r0 * (params)->reduce_stride[0] + r1 * (params)->reduce_stride[1];           \
      for (int32_t r2 = (params)->reduce_shape[2]; r2 > 0; --r2, in += (params)->reduce_stride[2]) {            \
        const type value = *in;                                                                                 \
        statement                                                                                               \
      }                                                                                                         \
    }                                                                                                           \
  }

#endif
