/* tiny int8, compiled by edgeml to C99.
 *
 * No allocation, no I/O, no written globals: all working memory is the arena, so several arenas may be used at
 * the same time.
 *
 *   static uint32_t arena[(TINY_INT8_ARENA_SIZE + 3) / 4];
 *   int8_t *input = tiny_int8_input(arena);
 *   int8_t *output = tiny_int8_output(arena);
 *   tiny_int8_quantize_input(real, input);  or tiny_int8_pixels_input(bytes, input);
 *   tiny_int8_run(arena, input, output);
 *   tiny_int8_dequantize_output(output, real_output);
 *
 * Add tiny_int8.c, tiny_int8_selftest.c and the sources in kernels/ to your build, or use CMakeLists.txt; compile with
 * -ffp-contract=off: a fused multiply-add would round differently. */
#ifndef EDGEML_LIBRARY_TINY_INT8_H
#define EDGEML_LIBRARY_TINY_INT8_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Bytes of working memory, aligned to TINY_INT8_ARENA_ALIGNMENT. */
#define TINY_INT8_ARENA_SIZE 360
#define TINY_INT8_ARENA_ALIGNMENT 4

/* image: int8 (1, 8, 8, 1), real = 0.00392156886 * (q - -128) */
#define TINY_INT8_INPUT_SIZE 64
#define TINY_INT8_INPUT_BYTES 64
#define TINY_INT8_INPUT_SCALE 0.00392156886f
#define TINY_INT8_INPUT_ZERO_POINT (-128)
/* its place in the arena, in bytes and as a pointer */
#define TINY_INT8_INPUT_OFFSET 296
static inline int8_t *tiny_int8_input(void *arena) {
  return (int8_t *)(void *)((uint8_t *)arena + TINY_INT8_INPUT_OFFSET);
}

/* probabilities: int8 (1, 4), real = 0.00390625 * (q - -128) */
#define TINY_INT8_OUTPUT_SIZE 4
#define TINY_INT8_OUTPUT_BYTES 4
#define TINY_INT8_OUTPUT_SCALE 0.00390625f
#define TINY_INT8_OUTPUT_ZERO_POINT (-128)
/* its place in the arena, in bytes and as a pointer */
#define TINY_INT8_OUTPUT_OFFSET 0
static inline int8_t *tiny_int8_output(void *arena) {
  return (int8_t *)(void *)((uint8_t *)arena + TINY_INT8_OUTPUT_OFFSET);
}

/* One inference. Inputs and outputs are in NHWC order.
 * Each is either its own place in the arena, as the functions above give it, or memory of the caller's outside the
 * arena: then it is copied. Inputs in the arena are overwritten, those outside are only read. */
void tiny_int8_run(void *arena, const int8_t *input, int8_t *output);

/* Real values to the model's int8, rounded half to even and saturated. */
void tiny_int8_quantize_input(const float *real, int8_t *quantized);

/* The same for the bytes 0 to 255 of a picture, which stand for 0 to 1: each less 128. Both may be the same memory. */
void tiny_int8_pixels_input(const uint8_t *pixels, int8_t *quantized);

/* The model's int8 to real values. */
void tiny_int8_dequantize_output(const int8_t *quantized, float *real);

/* Names of the classes, in the order of the last output. */
#define TINY_INT8_LABEL_COUNT 4
extern const char *const tiny_int8_labels[TINY_INT8_LABEL_COUNT];

#ifdef EDGEML_SELFTEST
/* Runs the carried samples (this library carries none). Returns the number of output
 * bytes that differ: 0 when all is well. */
int tiny_int8_selftest(void *arena);
#endif

#ifdef __cplusplus
}
#endif

#endif
