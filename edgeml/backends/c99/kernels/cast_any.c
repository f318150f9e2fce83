#include "cast_any.h"

#include "elements.h"

/* The largest float below 2^63. */
#define LARGEST_FLOAT 9223371487098961920.0f

static int64_t read_integer(const void *x, int32_t i, int32_t type) {
  switch (type) {
    case EDGEML_CAST_S8: return ((const int8_t *)x)[i];
    case EDGEML_CAST_S16: return ((const int16_t *)x)[i];
    case EDGEML_CAST_S32: return ((const int32_t *)x)[i];
    case EDGEML_CAST_S64: return ((const edgeml_int64 *)x)[i];
    default: return ((const uint8_t *)x)[i];
  }
}

static int64_t low_bits(int64_t value, int32_t bits) {
  const uint64_t shifted = (uint64_t)value << (64 - bits);
  return (int64_t)shifted >> (64 - bits);
}

static void write_integer(void *y, int32_t i, int32_t type, int64_t value) {
  switch (type) {
    case EDGEML_CAST_S8: ((int8_t *)y)[i] = (int8_t)low_bits(value, 8); break;
    case EDGEML_CAST_U8: ((uint8_t *)y)[i] = (uint8_t)value; break;
    case EDGEML_CAST_S16: ((int16_t *)y)[i] = (int16_t)low_bits(value, 16); break;
    case EDGEML_CAST_S32: ((int32_t *)y)[i] = (int32_t)low_bits(value, 32); break;
    case EDGEML_CAST_S64: ((edgeml_int64 *)y)[i] = value; break;
    default: ((uint8_t *)y)[i] = value != 0 ? 1 : 0; break;
  }
}

/* The value inside [min, max], towards zero; NaN compares false with everything and becomes max. */
static int64_t saturate(float value, int64_t min, int64_t max) {
  if (!(value <= LARGEST_FLOAT)) return max;
  if (value < -9223372036854775808.0f) return min;
  const int64_t whole = (int64_t)value;
  return whole < min ? min : whole > max ? max : whole;
}

static void from_float(const edgeml_cast_any_params *params, const float *restrict x, void *restrict y) {
  int64_t min = INT64_MIN, max = INT64_MAX;
  switch (params->target) {
    case EDGEML_CAST_S8: min = INT8_MIN, max = INT8_MAX; break;
    case EDGEML_CAST_U8: min = 0, max = UINT8_MAX; break;
    case EDGEML_CAST_S16: min = INT16_MIN, max = INT16_MAX; break;
    case EDGEML_CAST_S32: min = INT32_MIN, max = INT32_MAX; break;
    default: break;
  }
  for (int32_t i = 0; i < params->size; ++i) write_integer(y, i, params->target, saturate(x[i], min, max));
}

static void to_float(const edgeml_cast_any_params *params, const void *restrict x, float *restrict y) {
  if (params->source == EDGEML_CAST_S64) {
    for (int32_t i = 0; i < params->size; ++i) y[i] = (float)((const edgeml_int64 *)x)[i];
  } else { /* every other type fits in int32, which needs no 64-bit conversion */
    for (int32_t i = 0; i < params->size; ++i) y[i] = (float)(int32_t)read_integer(x, i, params->source);
  }
}

void edgeml_cast_any(const edgeml_cast_any_params *params, const void *restrict x, void *restrict y) {
  const int32_t source = params->source, target = params->target;
  if (source != EDGEML_CAST_F32 && target != EDGEML_CAST_F32) {
    for (int32_t i = 0; i < params->size; ++i) write_integer(y, i, target, read_integer(x, i, source));
  } else if (source != EDGEML_CAST_F32) {
    to_float(params, x, y);
  } else if (target == EDGEML_CAST_BOOL) {
    for (int32_t i = 0; i < params->size; ++i) ((uint8_t *)y)[i] = ((const float *)x)[i] != 0.0f ? 1 : 0;
  } else if (target == EDGEML_CAST_F32) {
    for (int32_t i = 0; i < params->size; ++i) ((float *)y)[i] = ((const float *)x)[i];
  } else {
    from_float(params, x, y);
  }
}
