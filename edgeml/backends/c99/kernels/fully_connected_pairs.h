/* The body of fully connected with byte pairs. EDGEML_KERNEL names the function; before this file stands
 * rescale(acc, form, scale, params): one channel's result. */
#include "byte_pairs.h"

enum { EDGEML_TURN = 8 /* channels in one go */ };

void EDGEML_KERNEL(const edgeml_fully_connected_pairs_s8_params *params, const int8_t *restrict x,
                   const int32_t *restrict w, const int16_t *restrict extra, const int32_t *restrict bias,
                   const edgeml_rescale *restrict forms, const edgeml_scale *restrict scale, void *restrict scratch,
                   int8_t *restrict y) {
  const int32_t groups = params->groups, group = params->group;
  for (int32_t n = params->batches; n > 0; --n, x += params->input_size) {
    const int32_t *weights = w, *b = bias;
    const int16_t *entry = extra;
    const edgeml_rescale *form = forms;
    edgeml_byte_pairs(x, params->input_size, groups, group, scratch);
    for (int32_t left = params->output_size; left > 0; left -= EDGEML_TURN) {
      int32_t sums[EDGEML_TURN];
      const int32_t count = left < EDGEML_TURN ? left : EDGEML_TURN;
      weights = edgeml_byte_sums(sums, scratch, weights, groups, group, (count + 1) / 2);
      for (const int32_t *sum = sums, *const end = sums + count; sum != end; ++sum, ++form, ++y) {
        int32_t acc = edgeml_plus(*sum, *b++);
        for (int32_t i = *entry++; i > 0; --i, entry += 2) acc += x[(uint16_t)entry[0]] * entry[1];
        *y = (int8_t)rescale(acc, *form, scale, params);
      }
    }
  }
}
