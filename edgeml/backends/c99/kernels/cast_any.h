/* Numbers in another element type. */
#ifndef EDGEML_CAST_ANY_H
#define EDGEML_CAST_ANY_H

#include <stdint.h>

enum {
  EDGEML_CAST_F32,
  EDGEML_CAST_S8,
  EDGEML_CAST_U8,
  EDGEML_CAST_S16,
  EDGEML_CAST_S32,
  EDGEML_CAST_S64,
  EDGEML_CAST_BOOL /* a byte, 0 or 1 */
};

typedef struct {
  int32_t size;
  int32_t source, target; /* EDGEML_CAST_... */
} edgeml_cast_any_params;

/* x (size), y (size), in the types of the parameters. From float towards zero, saturated, NaN as the largest value;
 * between integers the low bits stay; to bool, everything but 0 is 1. */
void edgeml_cast_any(const edgeml_cast_any_params *params, const void *restrict x, void *restrict y);

#endif
