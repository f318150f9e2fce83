/* Parameters of float32 kernels that map each element alone. */
#ifndef EDGEML_UNARY_F32_H
#define EDGEML_UNARY_F32_H

#include <stdint.h>

typedef struct {
  int32_t size;
} edgeml_unary_f32_params;

#endif
