#include "fake.h"

#include "kernels/scale.h"

/* two layers: weighted sums of four neighbours, then a running total scaled by a float */
static const int8_t weights[16] = {3, -5, 7, 11, -2, 9, 4, -8, 6, 1, -3, 12, 10, -7, 5, 2};
static const float scales[4] = {0.125f, 0.0625f, 0.09375f, 0.03125f};
const char *const fake_labels[4] = {"north", "east", "south", "west"};

__attribute__((noinline)) static void fake_layer_0(const int8_t *x, int32_t *sums) {
  for (int o = 0; o < 4; ++o) {
    int32_t acc = 0;
    for (int i = 0; i < 16; ++i) acc += x[i] * weights[(i + o * 4) & 15];
    sums[o] = acc;
  }
}

__attribute__((noinline)) static void fake_layer_1(const int32_t *sums, int8_t *y) {
  for (int o = 0; o < 4; ++o) y[o] = edgeml_scale(sums[o], scales[o]);
}

void fake_run(void *arena, const int8_t *input, int8_t *output) {
  fake_layer_0(input, arena);
  fake_layer_1(arena, output);
}

#ifdef EDGEML_SELFTEST
const int8_t fake_selftest_input[32] = {1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,  15,  16,
                                        -9, 40, 17, 3, -60, 5, 0, 99, 1, 1,  -1, 50, 20, -30, 127, -128};
const int8_t fake_selftest_expected[8] = {47, 28, 30, 12, 87, 65, 121, -50};

int fake_selftest(void *arena) {
  int wrong = 0;
  for (int s = 0; s < FAKE_SELFTEST_SAMPLES; ++s) {
    int8_t y[4];
    fake_run(arena, &fake_selftest_input[s * 16], y);
    for (int i = 0; i < 4; ++i) wrong += y[i] != fake_selftest_expected[s * 4 + i];
  }
  return wrong;
}
#endif
