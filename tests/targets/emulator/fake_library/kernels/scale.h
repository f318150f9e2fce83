#ifndef EDGEML_SCALE_H
#define EDGEML_SCALE_H
#include <stdint.h>
int8_t edgeml_scale(int32_t acc, float scale);
#endif
