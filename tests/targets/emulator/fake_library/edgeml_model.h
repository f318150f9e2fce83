#ifndef EDGEML_MODEL_H
#define EDGEML_MODEL_H
#include "fake.h"
#define EDGEML_MODEL_NAME "fake"
#define EDGEML_MODEL_ARENA_SIZE FAKE_ARENA_SIZE
#define EDGEML_MODEL_INPUT_SIZE 16
#define EDGEML_MODEL_OUTPUT_SIZE 4
#define EDGEML_MODEL_INPUT_BYTES 16
#define EDGEML_MODEL_OUTPUT_BYTES 4
#define EDGEML_MODEL_LABEL_COUNT 4
#define edgeml_model_labels fake_labels
#define edgeml_model_run fake_run
typedef int8_t edgeml_model_input_t;
typedef int8_t edgeml_model_output_t;
#ifdef EDGEML_SELFTEST
#define EDGEML_MODEL_SELFTEST_SAMPLES FAKE_SELFTEST_SAMPLES
#define edgeml_model_selftest_input fake_selftest_input
#define edgeml_model_selftest fake_selftest
#endif
#endif
