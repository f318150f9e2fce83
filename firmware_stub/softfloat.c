/* IEEE 754 single precision with integers, for cores without an FPU: the same bits as hardware.
 *
 * Round to nearest, ties to even; subnormals kept; NaN as Arm's FPU gives it (Armv7-M ARM, A2.5.2:
 * the first signalling NaN operand made quiet, else the first quiet one, else the default NaN).
 * Names: "Run-time ABI for the Arm Architecture" (IHI 0043), section 4.1.2. Written to be short and
 * exact, not fast: int8 kernels need no float. */
#include <stdint.h>

#if defined(__arm__)
/* the run-time ABI passes floats in integer registers, whatever the rest of the program does */
#define RTABI __attribute__((used, pcs("aapcs")))
#else
#define RTABI
#endif

#define SIGN 0x80000000u
#define INFINITY_BITS 0x7F800000u
#define QUIET 0x00400000u
#define DEFAULT_NAN 0x7FC00000u

typedef uint32_t bits; /* a float's pattern */

static bits to_bits(float x) {
  union {
    float f;
    bits u;
  } pun = {x};
  return pun.u;
}

static float to_float(bits x) {
  union {
    bits u;
    float f;
  } pun = {x};
  return pun.f;
}

static int is_nan(bits x) { return (x & ~SIGN) > INFINITY_BITS; }
static int is_infinite(bits x) { return (x & ~SIGN) == INFINITY_BITS; }
static int is_zero(bits x) { return (x & ~SIGN) == 0u; }

static bits propagate_nan(bits a, bits b) {
  if (is_nan(a) && (a & QUIET) == 0u) return a | QUIET;
  if (is_nan(b) && (b & QUIET) == 0u) return b | QUIET;
  return is_nan(a) ? a : b;
}

/* x >> n where lost bits leave a 1 in the last place ("sticky"). */
static uint32_t shift_sticky(uint32_t x, int n) {
  if (n == 0) return x;
  if (n > 31) return x != 0u;
  return (x >> n) | ((x << (32 - n)) != 0u);
}

static uint32_t shift_sticky64(uint64_t x, int n) {
  return (uint32_t)(x >> n) | ((x & (((uint64_t)1 << n) - 1u)) != 0u);
}

/* Value m * 2^(exponent - 127 - 26); m has bit 26 as its highest, or is 0. Three bits are rounded off. */
static bits round_pack(bits sign, int exponent, uint32_t m) {
  if (m == 0u) return sign;
  if (exponent <= 0) {
    m = shift_sticky(m, 1 - exponent);
    exponent = 1; /* a subnormal has no implicit bit: the sum below then gives exponent field 0 */
  }
  const uint32_t rest = m & 7u;
  m >>= 3;
  if (rest > 4u || (rest == 4u && (m & 1u) != 0u)) ++m;
  if (exponent >= 255) return sign | INFINITY_BITS;
  /* the implicit bit, and a carry out of rounding, add 1 to the exponent */
  const bits magnitude = ((bits)(exponent - 1) << 23) + m;
  return sign | (magnitude >= INFINITY_BITS ? INFINITY_BITS : magnitude);
}

/* Moves the highest bit of m (not 0) to bit 26. */
static bits normalize_pack(bits sign, int exponent, uint32_t m) {
  if (m == 0u) return sign;
  while (m >= (1u << 27)) m = shift_sticky(m, 1), ++exponent;
  while (m < (1u << 26)) m <<= 1, --exponent;
  return round_pack(sign, exponent, m);
}

/* Finite, not 0: 24-bit significand with bit 23 set, and the exponent that belongs to it. */
static uint32_t unpack(bits x, int *exponent) {
  uint32_t m = x & 0x7FFFFFu;
  int e = (int)((x >> 23) & 0xFFu);
  if (e != 0) {
    m |= 0x800000u;
  } else {
    e = 1;
    while (m < 0x800000u) m <<= 1, --e;
  }
  *exponent = e;
  return m;
}

static bits add(bits a, bits b) {
  if (is_nan(a) || is_nan(b)) return propagate_nan(a, b);
  if (is_infinite(a)) return is_infinite(b) && a != b ? DEFAULT_NAN : a;
  if (is_infinite(b)) return b;
  if (is_zero(a)) return is_zero(b) ? a & b : b; /* -0 only when both are */
  if (is_zero(b)) return a;
  if ((a & ~SIGN) < (b & ~SIGN)) {
    const bits swap = a;
    a = b;
    b = swap;
  }
  int ea, eb;
  uint32_t ma = unpack(a, &ea) << 3;
  const uint32_t mb = unpack(b, &eb) << 3;
  const uint32_t aligned = shift_sticky(mb, ea - eb);
  if (((a ^ b) & SIGN) == 0u) {
    ma += aligned;
  } else {
    ma -= aligned;
    if (ma == 0u) return 0u;
  }
  return normalize_pack(a & SIGN, ea, ma);
}

static bits multiply(bits a, bits b) {
  const bits sign = (a ^ b) & SIGN;
  if (is_nan(a) || is_nan(b)) return propagate_nan(a, b);
  if (is_infinite(a) || is_infinite(b)) return is_zero(a) || is_zero(b) ? DEFAULT_NAN : sign | INFINITY_BITS;
  if (is_zero(a) || is_zero(b)) return sign;
  int ea, eb;
  const uint32_t ma = unpack(a, &ea), mb = unpack(b, &eb);
  const uint64_t product = (uint64_t)ma * mb; /* 2^46 .. 2^48 */
  return normalize_pack(sign, ea + eb - 127, shift_sticky64(product, 20));
}

static bits divide(bits a, bits b) {
  const bits sign = (a ^ b) & SIGN;
  if (is_nan(a) || is_nan(b)) return propagate_nan(a, b);
  if (is_infinite(a)) return is_infinite(b) ? DEFAULT_NAN : sign | INFINITY_BITS;
  if (is_infinite(b)) return sign;
  if (is_zero(b)) return is_zero(a) ? DEFAULT_NAN : sign | INFINITY_BITS;
  if (is_zero(a)) return sign;
  int ea, eb;
  uint32_t rest = unpack(a, &ea);
  const uint32_t d = unpack(b, &eb);
  int exponent = ea - eb + 127;
  if (rest < d) rest <<= 1, --exponent;
  uint32_t q = 0u;
  for (int i = 0; i < 27; ++i) { /* 27 bits, the first of them 1 */
    q <<= 1;
    if (rest >= d) rest -= d, q |= 1u;
    rest <<= 1;
  }
  return round_pack(sign, exponent, q | (rest != 0u));
}

/* -1, 0, 1; 2 when one of them is NaN. */
static int compare(bits a, bits b) {
  if (is_nan(a) || is_nan(b)) return 2;
  if (is_zero(a) && is_zero(b)) return 0;
  const int32_t x = (a & SIGN) != 0u ? -(int32_t)(a & ~SIGN) : (int32_t)a;
  const int32_t y = (b & SIGN) != 0u ? -(int32_t)(b & ~SIGN) : (int32_t)b;
  return x < y ? -1 : x > y;
}

static bits from_unsigned(bits sign, uint64_t x) {
  int exponent = 127 + 26;
  while (x >= ((uint64_t)1 << 27)) x = (x >> 1) | (x & 1u), ++exponent;
  return normalize_pack(sign, exponent, (uint32_t)x);
}

/* Truncates; too large gives `largest`, NaN gives 0, as VCVT does. */
static uint64_t to_unsigned(bits x, uint64_t largest) {
  if (is_nan(x)) return 0u;
  const int e = (int)((x >> 23) & 0xFFu) - 127;
  if (e < 0) return 0u;
  if (e > 63) return largest;
  const uint64_t m = (x & 0x7FFFFFu) | 0x800000u;
  const uint64_t value = e >= 23 ? m << (e - 23) : m >> (23 - e);
  return value > largest ? largest : value;
}

#define BINARY(name, expression)                     \
  RTABI float name(float x, float y);                \
  RTABI float name(float x, float y) {               \
    const bits a = to_bits(x), b = to_bits(y);       \
    return to_float(expression);                     \
  }
/* A NaN operand must come out with the sign it came in: it is not negated by the subtraction. */
static bits negate(bits x) { return is_nan(x) ? x : x ^ SIGN; }
BINARY(__aeabi_fadd, add(a, b))
BINARY(__aeabi_fsub, add(a, negate(b)))
BINARY(__aeabi_frsub, add(b, negate(a)))
BINARY(__aeabi_fmul, multiply(a, b))
BINARY(__aeabi_fdiv, divide(a, b))

#define COMPARISON(name, condition)                  \
  RTABI int name(float x, float y);                  \
  RTABI int name(float x, float y) {                 \
    const int order = compare(to_bits(x), to_bits(y)); \
    return condition;                                \
  }
COMPARISON(__aeabi_fcmpeq, order == 0)
COMPARISON(__aeabi_fcmplt, order == -1)
COMPARISON(__aeabi_fcmple, order == -1 || order == 0)
COMPARISON(__aeabi_fcmpge, order == 0 || order == 1)
COMPARISON(__aeabi_fcmpgt, order == 1)
COMPARISON(__aeabi_fcmpun, order == 2)

RTABI float __aeabi_i2f(int32_t x);
RTABI float __aeabi_ui2f(uint32_t x);
RTABI float __aeabi_l2f(int64_t x);
RTABI float __aeabi_ul2f(uint64_t x);
RTABI int32_t __aeabi_f2iz(float x);
RTABI uint32_t __aeabi_f2uiz(float x);
RTABI int64_t __aeabi_f2lz(float x);
RTABI uint64_t __aeabi_f2ulz(float x);

RTABI float __aeabi_l2f(int64_t x) {
  return to_float(x < 0 ? from_unsigned(SIGN, 0u - (uint64_t)x) : from_unsigned(0u, (uint64_t)x));
}
RTABI float __aeabi_ul2f(uint64_t x) { return to_float(from_unsigned(0u, x)); }
RTABI float __aeabi_i2f(int32_t x) { return __aeabi_l2f(x); }
RTABI float __aeabi_ui2f(uint32_t x) { return __aeabi_ul2f(x); }

RTABI int64_t __aeabi_f2lz(float x) {
  const bits a = to_bits(x);
  if ((a & SIGN) == 0u) return (int64_t)to_unsigned(a, (uint64_t)INT64_MAX);
  return (int64_t)(0u - to_unsigned(a, (uint64_t)INT64_MAX + 1u));
}
RTABI uint64_t __aeabi_f2ulz(float x) {
  const bits a = to_bits(x);
  return (a & SIGN) != 0u ? 0u : to_unsigned(a, UINT64_MAX);
}
RTABI int32_t __aeabi_f2iz(float x) {
  const bits a = to_bits(x);
  if ((a & SIGN) == 0u) return (int32_t)to_unsigned(a, (uint64_t)INT32_MAX);
  return (int32_t)(0u - (uint32_t)to_unsigned(a, (uint64_t)INT32_MAX + 1u));
}
RTABI uint32_t __aeabi_f2uiz(float x) {
  const bits a = to_bits(x);
  return (a & SIGN) != 0u ? 0u : (uint32_t)to_unsigned(a, UINT32_MAX);
}
