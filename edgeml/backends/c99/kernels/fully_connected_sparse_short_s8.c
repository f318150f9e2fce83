#include "fully_connected_sparse_short_s8.h"

static inline int32_t result(int32_t acc, edgeml_rescale form, const edgeml_scale *scale,
                             const edgeml_fully_connected_sparse_s8_params *p) {
  if (form.multiplier != 0)
    return edgeml_rescale_short_s8(acc, edgeml_unpack_short(form), p->activation_min, p->activation_max);
  return edgeml_requantize(acc, scale[form.addend], p->output_zero_point, p->activation_min, p->activation_max);
}

#define EDGEML_KERNEL edgeml_fully_connected_sparse_short_s8

#include "fully_connected_sparse.h"
