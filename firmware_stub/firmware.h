/* What the firmware's own files share. */
#ifndef EDGEML_FIRMWARE_H
#define EDGEML_FIRMWARE_H

#include <stdint.h>

#define EDGEML_STACK_PAINT 0xEDEDEDEDu

int main(void);

/* Runs the model once: edgeml_firmware_input -> edgeml_firmware_output. */
void edgeml_firmware_invoke(void);

/* Puts the model's state back to what it is before a stream's first run; only models with a state have it. */
void edgeml_firmware_reset(void);

/* Writes a zero-terminated text to the debugger's console. */
void edgeml_semihosting_write(const char *text);

/* Ends the program with `code` under a debugger or emulator; returns where nobody listens. */
void edgeml_semihosting_exit(int code);

#endif
