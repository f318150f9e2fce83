/* Elements of any type by their size in bytes, for kernels that move values and never look at them. */
#ifndef EDGEML_ELEMENTS_H
#define EDGEML_ELEMENTS_H

#include <stdint.h>

/* The types may stand for any other of their size. Eight bytes are aligned to 4, as everything in the arena. */
#if defined(__GNUC__)
typedef int64_t __attribute__((aligned(4))) edgeml_int64;
typedef uint16_t __attribute__((may_alias)) edgeml_element_2;
typedef uint32_t __attribute__((may_alias)) edgeml_element_4;
typedef struct __attribute__((may_alias)) {
  uint32_t word[2];
} edgeml_element_8;
#else
typedef int64_t edgeml_int64;
typedef uint16_t edgeml_element_2;
typedef uint32_t edgeml_element_4;
typedef struct {
  uint32_t word[2];
} edgeml_element_8;
#endif
typedef uint8_t edgeml_element_1;

/* `count` elements of `size` bytes (1, 2, 4 or 8) from x to y, which do not overlap. */
static inline void edgeml_copy_elements(void *restrict y, const void *restrict x, int32_t count, int32_t size) {
  if (size >= 4) {
    const edgeml_element_4 *from = (const edgeml_element_4 *)x;
    edgeml_element_4 *to = (edgeml_element_4 *)y;
    for (int32_t i = size == 8 ? 2 * count : count; i > 0; --i) *to++ = *from++;
  } else if (size == 2) {
    const edgeml_element_2 *from = (const edgeml_element_2 *)x;
    edgeml_element_2 *to = (edgeml_element_2 *)y;
    for (int32_t i = count; i > 0; --i) *to++ = *from++;
  } else {
    const edgeml_element_1 *from = (const edgeml_element_1 *)x;
    edgeml_element_1 *to = (edgeml_element_1 *)y;
    for (int32_t i = count; i > 0; --i) *to++ = *from++;
  }
}

#endif
