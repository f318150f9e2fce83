/* Windows over a padded image: which taps of a window lie inside the image. */
#ifndef EDGEML_WINDOW_H
#define EDGEML_WINDOW_H

#include <stdint.h>

/* Taps [begin, end) of `count` taps at origin + tap * step that lie in [0, size); begin == end when none does.
 * No division: Armv6-M has none. */
typedef struct {
  int32_t begin, end;
} edgeml_taps;

static inline edgeml_taps edgeml_clip_taps(int32_t origin, int32_t step, int32_t count, int32_t size) {
  edgeml_taps taps = {0, count};
  while (taps.begin < taps.end && origin + taps.begin * step < 0) ++taps.begin;
  while (taps.end > taps.begin && origin + (taps.end - 1) * step >= size) --taps.end;
  return taps;
}

#endif
