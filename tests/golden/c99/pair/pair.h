/* pair, compiled by edgeml to C99.
 *
 * No allocation, no I/O, no written globals: all working memory is the arena, so several arenas may be used at
 * the same time.
 *
 *   static uint32_t arena[(PAIR_ARENA_SIZE + 3) / 4];
 *   int8_t *input_0 = pair_input_0(arena);
 *   int8_t *input_1 = pair_input_1(arena);
 *   int8_t *output_0 = pair_output_0(arena);
 *   int8_t *output_1 = pair_output_1(arena);
 *   pair_quantize_input_0(real_0, input_0);
 *   pair_quantize_input_1(real_1, input_1);
 *   pair_run(arena, input_0, input_1, output_0, output_1);
 *   pair_dequantize_output_0(output_0, real_output_0);
 *   pair_dequantize_output_1(output_1, real_output_1);
 *
 * Add pair.c, pair_selftest.c and the sources in kernels/ to your build, or use CMakeLists.txt; compile with
 * -ffp-contract=off: a fused multiply-add would round differently. */
#ifndef EDGEML_LIBRARY_PAIR_H
#define EDGEML_LIBRARY_PAIR_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of working memory, aligned to PAIR_ARENA_ALIGNMENT. */
#define PAIR_ARENA_SIZE 28
#define PAIR_ARENA_ALIGNMENT 4

/* left: int8 (1, 6), real = 0.100000001 * (q - 0) */
#define PAIR_INPUT_0_SIZE 6
#define PAIR_INPUT_0_BYTES 6
#define PAIR_INPUT_0_SCALE 0.100000001f
#define PAIR_INPUT_0_ZERO_POINT (0)
/* its place in the arena, in bytes and as a pointer */
#define PAIR_INPUT_0_OFFSET 12
static inline int8_t *pair_input_0(void *arena) {
  return (int8_t *)(void *)((uint8_t *)arena + PAIR_INPUT_0_OFFSET);
}

/* right: int8 (1, 6), real = 0.100000001 * (q - 0) */
#define PAIR_INPUT_1_SIZE 6
#define PAIR_INPUT_1_BYTES 6
#define PAIR_INPUT_1_SCALE 0.100000001f
#define PAIR_INPUT_1_ZERO_POINT (0)
/* its place in the arena, in bytes and as a pointer */
#define PAIR_INPUT_1_OFFSET 20
static inline int8_t *pair_input_1(void *arena) {
  return (int8_t *)(void *)((uint8_t *)arena + PAIR_INPUT_1_OFFSET);
}

/* table: int8 (1, 3, 4), real = 0.100000001 * (q - 0) */
#define PAIR_OUTPUT_0_SIZE 12
#define PAIR_OUTPUT_0_BYTES 12
#define PAIR_OUTPUT_0_SCALE 0.100000001f
#define PAIR_OUTPUT_0_ZERO_POINT (0)
/* its place in the arena, in bytes and as a pointer */
#define PAIR_OUTPUT_0_OFFSET 0
static inline int8_t *pair_output_0(void *arena) {
  return (int8_t *)(void *)((uint8_t *)arena + PAIR_OUTPUT_0_OFFSET);
}

/* total: int8 (1, 1, 6), real = 0.200000003 * (q - 1) */
#define PAIR_OUTPUT_1_SIZE 6
#define PAIR_OUTPUT_1_BYTES 6
#define PAIR_OUTPUT_1_SCALE 0.200000003f
#define PAIR_OUTPUT_1_ZERO_POINT (1)
/* its place in the arena, in bytes and as a pointer */
#define PAIR_OUTPUT_1_OFFSET 12
static inline int8_t *pair_output_1(void *arena) {
  return (int8_t *)(void *)((uint8_t *)arena + PAIR_OUTPUT_1_OFFSET);
}

/* One inference. Inputs and outputs are in NHWC order.
 * Each is either its own place in the arena, as the functions above give it, or memory of the caller's outside the
 * arena: then it is copied. Inputs in the arena are overwritten, those outside are only read. */
void pair_run(void *arena, const int8_t *input_0, const int8_t *input_1, int8_t *output_0, int8_t *output_1);

/* Real values to the model's int8, rounded half to even and saturated. */
void pair_quantize_input_0(const float *real, int8_t *quantized);

/* Real values to the model's int8, rounded half to even and saturated. */
void pair_quantize_input_1(const float *real, int8_t *quantized);

/* The model's int8 to real values. */
void pair_dequantize_output_0(const int8_t *quantized, float *real);

/* The model's int8 to real values. */
void pair_dequantize_output_1(const int8_t *quantized, float *real);

#ifdef EDGEML_SELFTEST
/* Runs the carried samples (this library carries none). Returns the number of output
 * bytes that differ: 0 when all is well. */
int pair_selftest(void *arena);
#endif

#ifdef __cplusplus
}
#endif

#endif
