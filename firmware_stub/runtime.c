/* The functions that compilers call without being asked: memory and integer arithmetic.
 *
 * Carried by edgeml so that no compiler library is needed and every compiler links the same code.
 * Names and behaviour: "Run-time ABI for the Arm Architecture" (IHI 0043), sections 4.2 and 4.3. */
#include <stddef.h>
#include <stdint.h>

/* Keeps a compiler from seeing memcpy (or clz) in the loop that implements it. */
#define NO_IDIOM __asm volatile("" ::: "memory")
#define RTABI __attribute__((used))

void *memcpy(void *restrict to, const void *restrict from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);
int memcmp(const void *a, const void *b, size_t bytes);

RTABI void *memcpy(void *restrict to, const void *restrict from, size_t bytes) {
  uint8_t *d = to;
  const uint8_t *s = from;
  if ((((uintptr_t)d | (uintptr_t)s) & 3u) == 0u) {
    for (; bytes >= 16u; bytes -= 16u, d += 16, s += 16) {
      const uint32_t *ws = (const uint32_t *)(const void *)s;
      uint32_t *wd = (uint32_t *)(void *)d;
      const uint32_t a = ws[0], b = ws[1], c = ws[2], e = ws[3];
      wd[0] = a, wd[1] = b, wd[2] = c, wd[3] = e;
      NO_IDIOM;
    }
    for (; bytes >= 4u; bytes -= 4u, d += 4, s += 4) {
      *(uint32_t *)(void *)d = *(const uint32_t *)(const void *)s;
      NO_IDIOM;
    }
  }
  while (bytes-- > 0u) {
    *d++ = *s++;
    NO_IDIOM;
  }
  return to;
}

RTABI void *memmove(void *to, const void *from, size_t bytes) {
  uint8_t *d = to;
  const uint8_t *s = from;
  if ((uintptr_t)d - (uintptr_t)s >= bytes) return memcpy(to, from, bytes);
  while (bytes-- > 0u) {
    d[bytes] = s[bytes];
    NO_IDIOM;
  }
  return to;
}

RTABI void *memset(void *to, int value, size_t bytes) {
  uint8_t *d = to;
  const uint32_t byte = (uint8_t)value, word = byte * 0x01010101u;
  for (; bytes > 0u && ((uintptr_t)d & 3u) != 0u; --bytes) {
    *d++ = (uint8_t)byte;
    NO_IDIOM;
  }
  for (; bytes >= 4u; bytes -= 4u, d += 4) {
    *(uint32_t *)(void *)d = word;
    NO_IDIOM;
  }
  while (bytes-- > 0u) {
    *d++ = (uint8_t)byte;
    NO_IDIOM;
  }
  return to;
}

RTABI int memcmp(const void *a, const void *b, size_t bytes) {
  const uint8_t *x = a, *y = b;
  for (; bytes > 0u; --bytes, ++x, ++y)
    if (*x != *y) return (int)*x - (int)*y;
  return 0;
}

/* IHI 0043 4.3.4: no result, and memset's last two arguments the other way round. */
#define MEMORY_FAMILY(suffix)                                                                             \
  void __aeabi_memcpy##suffix(void *to, const void *from, size_t bytes);                                  \
  void __aeabi_memmove##suffix(void *to, const void *from, size_t bytes);                                 \
  void __aeabi_memset##suffix(void *to, size_t bytes, int value);                                         \
  void __aeabi_memclr##suffix(void *to, size_t bytes);                                                    \
  RTABI void __aeabi_memcpy##suffix(void *to, const void *from, size_t bytes) { memcpy(to, from, bytes); } \
  RTABI void __aeabi_memmove##suffix(void *to, const void *from, size_t bytes) {                          \
    memmove(to, from, bytes);                                                                             \
  }                                                                                                       \
  RTABI void __aeabi_memset##suffix(void *to, size_t bytes, int value) { memset(to, value, bytes); }      \
  RTABI void __aeabi_memclr##suffix(void *to, size_t bytes) { memset(to, 0, bytes); }
MEMORY_FAMILY()
MEMORY_FAMILY(4)
MEMORY_FAMILY(8)

#define LOW(x) ((uint32_t)(x))
#define HIGH(x) ((uint32_t)((x) >> 32))
#define JOIN(high, low) (((uint64_t)(high) << 32) | (uint64_t)(low))

/* 64-bit shifts in halves: written with shifts of 64-bit values they would call themselves. */
uint64_t __aeabi_llsl(uint64_t x, int n);
uint64_t __aeabi_llsr(uint64_t x, int n);
int64_t __aeabi_lasr(int64_t x, int n);

RTABI uint64_t __aeabi_llsl(uint64_t x, int n) {
  if (n >= 32) return JOIN(LOW(x) << (n - 32), 0u);
  return n == 0 ? x : JOIN((HIGH(x) << n) | (LOW(x) >> (32 - n)), LOW(x) << n);
}

RTABI uint64_t __aeabi_llsr(uint64_t x, int n) {
  if (n >= 32) return JOIN(0u, HIGH(x) >> (n - 32));
  return n == 0 ? x : JOIN(HIGH(x) >> n, (LOW(x) >> n) | (HIGH(x) << (32 - n)));
}

RTABI int64_t __aeabi_lasr(int64_t x, int n) {
  const uint32_t low = LOW((uint64_t)x);
  const int32_t high = (int32_t)HIGH((uint64_t)x);
  if (n >= 32) return (int64_t)JOIN((uint32_t)(high >> 31), (uint32_t)(high >> (n - 32)));
  return n == 0 ? x : (int64_t)JOIN((uint32_t)(high >> n), (low >> n) | ((uint32_t)high << (32 - n)));
}

/* Low 64 bits of the product; 16-bit pieces, because Armv6-M multiplies 32x32 to 32 bits only. */
uint64_t __aeabi_lmul(uint64_t a, uint64_t b);

RTABI uint64_t __aeabi_lmul(uint64_t a, uint64_t b) {
  const uint32_t al = LOW(a) & 0xFFFFu, ah = LOW(a) >> 16, bl = LOW(b) & 0xFFFFu, bh = LOW(b) >> 16;
  uint32_t low = al * bl;
  const uint32_t mid = al * bh + (low >> 16); /* at most (2^16-1)^2 + 2^16-1 < 2^32 */
  const uint32_t mid2 = ah * bl + (mid & 0xFFFFu);
  low = (low & 0xFFFFu) | (mid2 << 16);
  const uint32_t high = ah * bh + (mid >> 16) + (mid2 >> 16);
  return JOIN(high + LOW(a) * HIGH(b) + HIGH(a) * LOW(b), low);
}

/* Quotient in r0, remainder in r1: the layout of a 64-bit result. Division by zero gives 0 and n. */
uint32_t __aeabi_uidiv(uint32_t n, uint32_t d);
uint64_t __aeabi_uidivmod(uint32_t n, uint32_t d);
int32_t __aeabi_idiv(int32_t n, int32_t d);
uint64_t __aeabi_idivmod(int32_t n, int32_t d);

static uint32_t divide32(uint32_t n, uint32_t d, uint32_t *rest) {
  uint32_t q = 0u, bit = 1u;
  if (d == 0u) {
    *rest = n;
    return 0u;
  }
  while (d < n && (d & 0x80000000u) == 0u) d <<= 1, bit <<= 1;
  for (; bit != 0u; bit >>= 1, d >>= 1)
    if (n >= d) n -= d, q |= bit;
  *rest = n;
  return q;
}

RTABI uint32_t __aeabi_uidiv(uint32_t n, uint32_t d) {
  uint32_t rest;
  return divide32(n, d, &rest);
}

RTABI uint64_t __aeabi_uidivmod(uint32_t n, uint32_t d) {
  uint32_t rest;
  const uint32_t q = divide32(n, d, &rest);
  return JOIN(rest, q);
}

static uint32_t magnitude(int32_t x) { return x < 0 ? 0u - (uint32_t)x : (uint32_t)x; }

RTABI uint64_t __aeabi_idivmod(int32_t n, int32_t d) {
  uint32_t rest;
  uint32_t q = divide32(magnitude(n), magnitude(d), &rest);
  if ((n ^ d) < 0) q = 0u - q;
  if (n < 0) rest = 0u - rest;
  return JOIN(rest, q);
}

RTABI int32_t __aeabi_idiv(int32_t n, int32_t d) { return (int32_t)LOW(__aeabi_idivmod(n, d)); }

/* 64-bit division: quotient in r0:r1, remainder in r2:r3, which C cannot return. */
uint64_t edgeml_divide64u(uint64_t n, uint64_t d, uint64_t *rest);
int64_t edgeml_divide64s(int64_t n, int64_t d, int64_t *rest);

RTABI uint64_t edgeml_divide64u(uint64_t n, uint64_t d, uint64_t *rest) {
  uint64_t q = 0u, bit = 1u;
  if (d == 0u) {
    *rest = n;
    return 0u;
  }
  while (d < n && (HIGH(d) & 0x80000000u) == 0u) d <<= 1, bit <<= 1;
  for (; bit != 0u; bit >>= 1, d >>= 1)
    if (n >= d) n -= d, q |= bit;
  *rest = n;
  return q;
}

RTABI int64_t edgeml_divide64s(int64_t n, int64_t d, int64_t *rest) {
  const uint64_t un = n < 0 ? 0u - (uint64_t)n : (uint64_t)n, ud = d < 0 ? 0u - (uint64_t)d : (uint64_t)d;
  uint64_t r;
  const uint64_t q = edgeml_divide64u(un, ud, &r);
  *rest = (int64_t)(n < 0 ? 0u - r : r);
  return (int64_t)((n ^ d) < 0 ? 0u - q : q);
}

#if defined(__arm__)
#define DIVMOD64(name, worker)                                                     \
  __asm(".section .text." #name ",\"ax\",%progbits\n"                              \
        ".syntax unified\n.thumb\n.balign 4\n.global " #name "\n"                  \
        ".type " #name ", %function\n.thumb_func\n" #name ":\n"                    \
        "push {r4, lr}\n sub sp, #16\n add r4, sp, #8\n str r4, [sp]\n"            \
        "bl " #worker "\n ldr r2, [sp, #8]\n ldr r3, [sp, #12]\n"                  \
        "add sp, #16\n pop {r4, pc}\n.size " #name ", . - " #name "\n.text\n")
DIVMOD64(__aeabi_uldivmod, edgeml_divide64u);
DIVMOD64(__aeabi_ldivmod, edgeml_divide64s);
#endif

/* Three-way comparison of 64-bit numbers: -1, 0, 1. */
int __aeabi_lcmp(int64_t a, int64_t b);
int __aeabi_ulcmp(uint64_t a, uint64_t b);
RTABI int __aeabi_lcmp(int64_t a, int64_t b) { return a < b ? -1 : (a > b ? 1 : 0); }
RTABI int __aeabi_ulcmp(uint64_t a, uint64_t b) { return a < b ? -1 : (a > b ? 1 : 0); }

/* Armv6-M has no CLZ. */
int __clzsi2(uint32_t x);
int __clzdi2(uint64_t x);
int __ctzsi2(uint32_t x);
RTABI int __clzsi2(uint32_t x) {
  int n = 32;
  while (x != 0u) {
    x >>= 1, --n;
    NO_IDIOM; /* clang sees "count leading zeros" and would call this very function */
  }
  return n;
}
RTABI int __clzdi2(uint64_t x) { return HIGH(x) != 0u ? __clzsi2(HIGH(x)) : 32 + __clzsi2(LOW(x)); }
RTABI int __ctzsi2(uint32_t x) { return 31 - __clzsi2(x & (0u - x)); }
