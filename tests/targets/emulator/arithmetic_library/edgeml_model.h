#ifndef EDGEML_MODEL_H
#define EDGEML_MODEL_H
#include <stdint.h>
#define EDGEML_MODEL_NAME "arithmetic"
#define EDGEML_MODEL_ARENA_SIZE 16
#define EDGEML_MODEL_INPUT_SIZE 24
#define EDGEML_MODEL_OUTPUT_SIZE 140
#define EDGEML_MODEL_INPUT_BYTES 24
#define EDGEML_MODEL_OUTPUT_BYTES 140
#define edgeml_model_run arithmetic_run
typedef int8_t edgeml_model_input_t;
typedef int8_t edgeml_model_output_t;
void arithmetic_run(void *arena, const int8_t *input, int8_t *output);
#endif
