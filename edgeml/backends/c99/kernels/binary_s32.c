#include "binary_s32.h"

#include "requantize.h"

#define EDGEML_KERNEL edgeml_binary_s32
#define EDGEML_PARAMS edgeml_binary_s32_params
#define EDGEML_OPERAND int32_t
#define EDGEML_RESULT int32_t

/* The bits of an unsigned result; the conversion back is what every compiler for these cores does. */
static inline int32_t wrapped(uint32_t value) { return (int32_t)value; }

static inline int32_t multiply(int32_t a, int32_t b) { return wrapped((uint32_t)a * (uint32_t)b); }

static inline int32_t divide(int32_t a, int32_t b, int32_t floor) {
  if (b == 0) return 0;
  if (b == -1) return wrapped(0u - (uint32_t)a); /* -2^31 / -1 is no int32 */
  const int32_t quotient = a / b;
  return floor && quotient * b != a && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

static inline int32_t power(int32_t a, int32_t b) {
  int32_t result = 1;
  if (b < 0) return a == 1 ? 1 : a == -1 ? ((b & 1) != 0 ? -1 : 1) : 0;
  for (; b > 0; b >>= 1, a = multiply(a, a))
    if ((b & 1) != 0) result = multiply(result, a);
  return result;
}

static inline int32_t operate(int32_t operation, int32_t a, int32_t b) {
  const int32_t difference = wrapped((uint32_t)a - (uint32_t)b);
  switch (operation) {
    case EDGEML_S32_ADD:
      return wrapped((uint32_t)a + (uint32_t)b);
    case EDGEML_S32_SUB:
      return difference;
    case EDGEML_S32_MUL:
      return multiply(a, b);
    case EDGEML_S32_DIV:
      return divide(a, b, 0);
    case EDGEML_S32_FLOOR_DIV:
      return divide(a, b, 1);
    case EDGEML_S32_FLOOR_MOD:
      return b == 0 ? 0 : wrapped((uint32_t)a - (uint32_t)multiply(divide(a, b, 1), b));
    case EDGEML_S32_MINIMUM:
      return a < b ? a : b;
    case EDGEML_S32_MAXIMUM:
      return a > b ? a : b;
    case EDGEML_S32_SQUARED_DIFFERENCE:
      return multiply(difference, difference);
    default:
      return power(a, b);
  }
}

static inline int32_t apply(const EDGEML_PARAMS *params, int32_t a, int32_t b) {
  return edgeml_clamp_s32(operate(params->operation, a, b), params->activation_min, params->activation_max);
}

#include "binary_loop.h"
