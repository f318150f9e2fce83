/* Firmware around one compiled model.
 *
 * With EDGEML_FIRMWARE_SELFTEST it runs the samples that the library carries (EDGEML_SELFTEST), prints
 * what came out, and exits with 0 when every byte was as expected. Without, it is the smallest program
 * that runs the model: the image whose size and cost are measured. */
#include "firmware.h"

#include "edgeml_model.h"

#if !defined(EDGEML_MODEL_INPUT_SIZE)
#error "this firmware runs models with one input and one output; call the library from your own main for others"
#endif

/* The model asks for an aligned arena; 16 suits every core and vector unit. */
__attribute__((used, aligned(16))) uint8_t edgeml_firmware_arena[EDGEML_MODEL_ARENA_SIZE];

/* Input and output lie in the arena too, except where the library was compiled to keep its input. */
#if defined(EDGEML_MODEL_INPUT_OFFSET)
#define FIRMWARE_INPUT edgeml_model_input(edgeml_firmware_arena)
#else
__attribute__((used, aligned(16))) edgeml_model_input_t edgeml_firmware_input[EDGEML_MODEL_INPUT_SIZE];
#define FIRMWARE_INPUT edgeml_firmware_input
#endif
#if defined(EDGEML_MODEL_OUTPUT_OFFSET)
#define FIRMWARE_OUTPUT edgeml_model_output(edgeml_firmware_arena)
#else
__attribute__((used, aligned(16))) edgeml_model_output_t edgeml_firmware_output[EDGEML_MODEL_OUTPUT_SIZE];
#define FIRMWARE_OUTPUT edgeml_firmware_output
#endif

#if defined(EDGEML_MODEL_STATE_SIZE)
/* What the model remembers from one run to the next. */
__attribute__((used, aligned(16))) uint8_t edgeml_firmware_state[EDGEML_MODEL_STATE_SIZE];

__attribute__((used, noinline)) void edgeml_firmware_reset(void) { edgeml_model_reset(edgeml_firmware_state); }

__attribute__((used, noinline)) void edgeml_firmware_invoke(void) {
  edgeml_model_run(edgeml_firmware_arena, edgeml_firmware_state, FIRMWARE_INPUT, FIRMWARE_OUTPUT);
}
#else
__attribute__((used, noinline)) void edgeml_firmware_invoke(void) {
  edgeml_model_run(edgeml_firmware_arena, FIRMWARE_INPUT, FIRMWARE_OUTPUT);
}
#endif

#if defined(EDGEML_FIRMWARE_SELFTEST)

static void print_number(int value) {
  char digits[12];
  int at = 11;
  unsigned rest = value < 0 ? 0u - (unsigned)value : (unsigned)value;
  digits[at] = '\0';
  do {
    digits[--at] = (char)('0' + (int)(rest % 10u));
    rest /= 10u;
  } while (rest != 0u);
  if (value < 0) digits[--at] = '-';
  edgeml_semihosting_write(&digits[at]);
}

#if defined(EDGEML_MODEL_SELFTEST_SAMPLES)
static void print_sample(int index) {
  const edgeml_model_input_t *from = &edgeml_model_selftest_input[(long)index * EDGEML_MODEL_INPUT_SIZE];
  edgeml_model_input_t *const input = FIRMWARE_INPUT;
  const edgeml_model_output_t *const output = FIRMWARE_OUTPUT;
  for (long i = 0; i < EDGEML_MODEL_INPUT_SIZE; ++i) input[i] = from[i];
#if defined(EDGEML_MODEL_STATE_SIZE)
  edgeml_firmware_reset(); /* the samples are no stream: each starts anew */
#endif
  edgeml_firmware_invoke();
  int best = 0;
  for (int i = 1; i < EDGEML_MODEL_OUTPUT_SIZE; ++i)
    if (output[i] > output[best]) best = i;
  edgeml_semihosting_write("sample ");
  print_number(index);
  edgeml_semihosting_write(": ");
#if defined(EDGEML_MODEL_LABEL_COUNT) && EDGEML_MODEL_LABEL_COUNT > 0
  if (best < EDGEML_MODEL_LABEL_COUNT)
    edgeml_semihosting_write(edgeml_model_labels[best]);
  else
#endif
    print_number(best);
  /* the raw bytes, so that float32 and int8 models alike can be compared between cores */
  edgeml_semihosting_write(" [");
  const int8_t *bytes = (const int8_t *)output;
  for (int i = 0; i < (int)EDGEML_MODEL_OUTPUT_BYTES; ++i) {
    if (i > 0) edgeml_semihosting_write(" ");
    print_number(bytes[i]);
  }
  edgeml_semihosting_write("]\n");
}
#endif

int main(void) {
  edgeml_semihosting_write("model " EDGEML_MODEL_NAME "\n");
#if defined(EDGEML_MODEL_SELFTEST_SAMPLES)
  for (int i = 0; i < EDGEML_MODEL_SELFTEST_SAMPLES; ++i) print_sample(i);
#endif
#if defined(EDGEML_MODEL_STATE_SIZE)
  const int mismatches = edgeml_model_selftest(edgeml_firmware_arena, edgeml_firmware_state);
#else
  const int mismatches = edgeml_model_selftest(edgeml_firmware_arena);
#endif
  if (mismatches == 0) {
    edgeml_semihosting_write("PASS\n");
  } else {
    edgeml_semihosting_write("FAIL: ");
    print_number(mismatches);
    edgeml_semihosting_write(" output bytes differ from what was expected\n");
  }
  edgeml_semihosting_exit(mismatches == 0 ? 0 : 1);
  return mismatches == 0 ? 0 : 1;
}

#else

int main(void) {
#if defined(EDGEML_MODEL_STATE_SIZE)
  edgeml_firmware_reset();
#endif
  for (;;) edgeml_firmware_invoke();
}

#endif
