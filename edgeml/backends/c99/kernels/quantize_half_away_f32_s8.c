#include "quantize_half_away_f32_s8.h"

void edgeml_quantize_half_away_f32_s8(const edgeml_quantize_half_away_f32_s8_params *restrict params, const float *x,
                                      int8_t *y) {
  const int32_t zero = params->zero_point;
  const float low = (float)(-128 - zero), high = (float)(127 - zero);
  for (int32_t i = 0; i < params->size; ++i) {
    float real = x[i] / params->scale;
    real = real > low ? real : low;
    real = real < high ? real : high;
    int32_t steps = (int32_t)real;
    const float rest = real - (float)steps;
    if (rest >= 0.5f) ++steps;
    if (rest <= -0.5f) --steps;
    y[i] = (int8_t)(steps + zero);
  }
}
