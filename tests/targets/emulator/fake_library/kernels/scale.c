#include "scale.h"

/* one float multiply and a truncation: on a core without an FPU this goes through the soft float */
int8_t edgeml_scale(int32_t acc, float scale) {
  const int32_t y = (int32_t)((float)acc * scale);
  return (int8_t)(y < -128 ? -128 : (y > 127 ? 127 : y));
}
