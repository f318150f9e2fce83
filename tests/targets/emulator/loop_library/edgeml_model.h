#ifndef EDGEML_MODEL_H
#define EDGEML_MODEL_H
#include <stdint.h>
#define EDGEML_MODEL_NAME "loop"
#define EDGEML_MODEL_ARENA_SIZE 16
#define EDGEML_MODEL_INPUT_SIZE 1
#define EDGEML_MODEL_OUTPUT_SIZE 1
#define EDGEML_MODEL_INPUT_BYTES 1
#define EDGEML_MODEL_OUTPUT_BYTES 1
#define edgeml_model_run loop_run
typedef int8_t edgeml_model_input_t;
typedef int8_t edgeml_model_output_t;
void loop_run(void *arena, const int8_t *input, int8_t *output);
#endif
