/* Loops over the leading dimensions of matrices. */
#ifndef EDGEML_BATCHES_H
#define EDGEML_BATCHES_H

#include <stdint.h>

/* For every index of three loops of sizes batch[3]: `statement`, with the sums of index * stride in `from_a` and `from_b`. */
#define EDGEML_FOR_BATCHES(params, from_a, from_b, statement)                                                      \
  for (int32_t i0 = 0; i0 < (params)->batch[0]; ++i0) {                                                            \
    for (int32_t i1 = 0; i1 < (params)->batch[1]; ++i1) {                                                          \
      for (int32_t i2 = 0; i2 < (params)->batch[2]; ++i2) {                                                        \
        const int32_t from_a = i0 * (params)->batch_a[0] + i1 * (params)->batch_a[1] + i2 * (params)->batch_a[2];  \
        const int32_t from_b = i0 * (params)->batch_b[0] + i1 * (params)->batch_b[1] + i2 * (params)->batch_b[2];  \
        statement                                                                                                  \
      }                                                                                                            \
    }                                                                                                              \
  }

#endif
