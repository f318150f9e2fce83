#ifndef FAKE_H
#define FAKE_H
#include <stdint.h>
#define FAKE_ARENA_SIZE 64
#define FAKE_INPUT_SIZE 16
#define FAKE_OUTPUT_SIZE 4
extern const char *const fake_labels[4];
void fake_run(void *arena, const int8_t *input, int8_t *output);
#ifdef EDGEML_SELFTEST
#define FAKE_SELFTEST_SAMPLES 2
extern const int8_t fake_selftest_input[32];
extern const int8_t fake_selftest_expected[8];
int fake_selftest(void *arena);
#endif
#endif
