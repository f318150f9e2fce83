/* delay line, compiled by edgeml to C99.
 *
 * No allocation, no I/O, no written globals: all working memory is the arena, so several arenas may be used at
 * the same time. What the model remembers from one run to the next is the state: one buffer for each stream.
 *
 *   static uint32_t arena[(DELAY_LINE_ARENA_SIZE + 3) / 4];
 *   static uint32_t state[(DELAY_LINE_STATE_SIZE + 3) / 4];
 *   int8_t *input = delay_line_input(arena);
 *   int8_t *output = delay_line_output(arena);
 *   delay_line_reset(state);  once, before the first run of a stream
 *   delay_line_quantize_input(real, input);
 *   delay_line_run(arena, state, input, output);
 *   delay_line_dequantize_output(output, real_output);
 *
 * Add delay_line.c, delay_line_selftest.c and the sources in kernels/ to your build, or use CMakeLists.txt; compile with
 * -ffp-contract=off: a fused multiply-add would round differently. */
#ifndef EDGEML_LIBRARY_DELAY_LINE_H
#define EDGEML_LIBRARY_DELAY_LINE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of working memory, aligned to DELAY_LINE_ARENA_ALIGNMENT. */
#define DELAY_LINE_ARENA_SIZE 20
#define DELAY_LINE_ARENA_ALIGNMENT 4

/* Bytes of what a stream remembers, aligned as the arena is. */
#define DELAY_LINE_STATE_SIZE 8

/* x: int8 (1, 4), real = 0.0500000007 * (q - -7) */
#define DELAY_LINE_INPUT_SIZE 4
#define DELAY_LINE_INPUT_BYTES 4
#define DELAY_LINE_INPUT_SCALE 0.0500000007f
#define DELAY_LINE_INPUT_ZERO_POINT (-7)
/* its place in the arena, in bytes and as a pointer */
#define DELAY_LINE_INPUT_OFFSET 12
static inline int8_t *delay_line_input(void *arena) {
  return (int8_t *)(void *)((uint8_t *)arena + DELAY_LINE_INPUT_OFFSET);
}

/* y: int8 (1, 2), real = 0.100000001 * (q - 2) */
#define DELAY_LINE_OUTPUT_SIZE 2
#define DELAY_LINE_OUTPUT_BYTES 2
#define DELAY_LINE_OUTPUT_SCALE 0.100000001f
#define DELAY_LINE_OUTPUT_ZERO_POINT (2)
/* its place in the arena, in bytes and as a pointer */
#define DELAY_LINE_OUTPUT_OFFSET 16
static inline int8_t *delay_line_output(void *arena) {
  return (int8_t *)(void *)((uint8_t *)arena + DELAY_LINE_OUTPUT_OFFSET);
}

/* The state before a stream's first run. */
void delay_line_reset(void *state);

/* One inference; reads the state and leaves that of the next run. Inputs and outputs are in NHWC order.
 * Each is either its own place in the arena, as the functions above give it, or memory of the caller's outside the
 * arena and the state: then it is copied. Inputs in the arena are overwritten, those outside are only read. */
void delay_line_run(void *arena, void *state, const int8_t *input, int8_t *output);

/* Real values to the model's int8, rounded half to even and saturated. */
void delay_line_quantize_input(const float *real, int8_t *quantized);

/* The model's int8 to real values. */
void delay_line_dequantize_output(const int8_t *quantized, float *real);

#ifdef EDGEML_SELFTEST
/* Runs the carried samples (this library carries none), each from the initial state. Returns the number of output
 * bytes that differ: 0 when all is well. */
int delay_line_selftest(void *arena, void *state);
#endif

#ifdef __cplusplus
}
#endif

#endif
