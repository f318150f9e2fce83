#include "average_rows_s8.h"

#include "requantize.h"

void edgeml_average_rows_s8(const edgeml_average_rows_s8_params *params, const int8_t *x, void *restrict sums,
                            int8_t *y) {
  const int32_t channels = params->channels, count = params->count;
  int32_t *const total = (int32_t *)sums;
  if (params->first)
    for (int32_t c = 0; c < channels; ++c) total[c] = 0;
  for (int32_t i = params->pixels; i > 0; --i)
    for (int32_t c = 0; c < channels; ++c) total[c] += *x++;
  if (!params->last) return;
  for (int32_t c = 0; c < channels; ++c) {
    const int32_t sum = total[c];
    const int32_t rounded = (sum < 0 ? sum - count / 2 : sum + count / 2) / count;
    y[c] = (int8_t)edgeml_clamp_s32(rounded, params->activation_min, params->activation_max);
  }
}
