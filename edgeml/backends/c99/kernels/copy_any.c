#include "copy_any.h"

#include "elements.h"

void edgeml_copy_any(const edgeml_copy_any_params *params, const void *restrict x, void *restrict y) {
  edgeml_copy_elements(y, x, params->size, params->element_size);
}
