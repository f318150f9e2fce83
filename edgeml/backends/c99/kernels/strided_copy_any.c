#include "strided_copy_any.h"

#include "elements.h"

/* The two inner loops for one size of element; the case of contiguous rows is the compiler's to vectorise. */
#define EDGEML_PLANE(size)                                                                                           \
  static void plane_##size(const edgeml_element_##size *restrict x, edgeml_element_##size *restrict y, int32_t rows, \
                           int32_t row_stride, int32_t columns, int32_t stride) {                                    \
    for (; rows > 0; --rows, x += row_stride, y += columns) {                                                        \
      if (stride == 1) {                                                                                             \
        for (int32_t i = 0; i < columns; ++i) y[i] = x[i];                                                           \
      } else {                                                                                                       \
        for (int32_t i = 0; i < columns; ++i) y[i] = x[i * stride];                                                  \
      }                                                                                                              \
    }                                                                                                                \
  }

EDGEML_PLANE(1)
EDGEML_PLANE(2)
EDGEML_PLANE(4)
EDGEML_PLANE(8)

void edgeml_strided_copy_any(const edgeml_strided_copy_any_params *params, const void *restrict x, void *restrict y) {
  const int32_t *const shape = params->shape, *const stride = params->stride;
  const int32_t rows = shape[6], columns = shape[7];
  int32_t index[6] = {0, 0, 0, 0, 0, 0};
  int32_t from = params->offset, to = 0, axis;
  do {
    switch (params->element_size) {
      case 1:
        plane_1((const edgeml_element_1 *)x + from, (edgeml_element_1 *)y + to, rows, stride[6], columns, stride[7]);
        break;
      case 2:
        plane_2((const edgeml_element_2 *)x + from, (edgeml_element_2 *)y + to, rows, stride[6], columns, stride[7]);
        break;
      case 4:
        plane_4((const edgeml_element_4 *)x + from, (edgeml_element_4 *)y + to, rows, stride[6], columns, stride[7]);
        break;
      default:
        plane_8((const edgeml_element_8 *)x + from, (edgeml_element_8 *)y + to, rows, stride[6], columns, stride[7]);
        break;
    }
    to += rows * columns;
    /* the next index of the outer loops: count up the innermost, carry to the left */
    for (axis = 5; axis >= 0; --axis) {
      from += stride[axis];
      if (++index[axis] < shape[axis]) break;
      from -= shape[axis] * stride[axis];
      index[axis] = 0;
    }
  } while (axis >= 0);
}
