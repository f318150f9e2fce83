/* Mean of a whole image of which a call sees one row, int8. */
#ifndef EDGEML_AVERAGE_ROWS_S8_H
#define EDGEML_AVERAGE_ROWS_S8_H

#include <stdint.h>

typedef struct {
  int32_t pixels, channels; /* of a row */
  int32_t count;            /* pixels of the image */
  int32_t first, last;      /* whether the row is the first or the last one: 0 or 1 */
  int32_t activation_min, activation_max;
} edgeml_average_rows_s8_params;

/* x (pixels, channels); sums, aligned to 4: channels * 4 bytes that stay from row to row; y (channels), written with
 * the last row: the mean of each channel, rounded half away from zero. x and y share their quantisation. */
void edgeml_average_rows_s8(const edgeml_average_rows_s8_params *params, const int8_t *x, void *restrict sums,
                            int8_t *y);

#endif
