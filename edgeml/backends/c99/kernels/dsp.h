/* Packed 16-bit arithmetic: the instructions of Arm's DSP extension, and the same in C for other processors. */
#ifndef EDGEML_DSP_H
#define EDGEML_DSP_H

#include <stdint.h>

#if defined(__ARM_FEATURE_DSP) && !defined(EDGEML_NO_ASM)
#define EDGEML_DSP 1
#else
#define EDGEML_DSP 0
#endif

#if defined(__GNUC__)
typedef struct __attribute__((packed, may_alias)) {
  uint32_t word;
} edgeml_any_word;
#endif

/* Four bytes at any address, the first in the low byte. */
static inline uint32_t edgeml_load_word(const void *from) {
#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  return ((const edgeml_any_word *)from)->word;
#else
  const uint8_t *b = from;
  return (uint32_t)b[0] | ((uint32_t)b[1] << 8) | ((uint32_t)b[2] << 16) | ((uint32_t)b[3] << 24);
#endif
}

/* The inverse. */
static inline void edgeml_store_word(void *to, uint32_t word) {
#if defined(__GNUC__) && defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  ((edgeml_any_word *)to)->word = word;
#else
  uint8_t *b = to;
  for (int i = 0; i < 4; ++i) b[i] = (uint8_t)(word >> (8 * i));
#endif
}

/* a sum modulo 2^32 */
static inline int32_t edgeml_wrap_add(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

/* The halves of a word as signed numbers. */
static inline int32_t edgeml_low(uint32_t pair) { return (int16_t)(uint16_t)(pair & 0xFFFFu); }
static inline int32_t edgeml_high(uint32_t pair) { return (int16_t)(uint16_t)(pair >> 16); }

/* sum + low * low + high * high, modulo 2^32 */
static inline int32_t edgeml_smlad(uint32_t a, uint32_t b, int32_t sum) {
#if EDGEML_DSP
  __asm__("smlad %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(sum));
  return sum;
#else
  return edgeml_wrap_add(
      sum, edgeml_wrap_add(edgeml_low(a) * edgeml_low(b), edgeml_high(a) * edgeml_high(b)));
#endif
}

/* sum + one half of a times one half of b, modulo 2^32: low high, and high low */
static inline int32_t edgeml_smlabt(uint32_t a, uint32_t b, int32_t sum) {
#if EDGEML_DSP
  __asm__("smlabt %0, %1, %2, %3" : "=r"(sum) : "r"(a), "r"(b), "r"(sum));
  return sum;
#else
  return edgeml_wrap_add(sum, edgeml_low(a) * edgeml_high(b));
#endif
}
static inline int32_t edgeml_smlatb(uint32_t a, uint32_t b, int32_t sum) { return edgeml_smlabt(b, a, sum); }

/* The low half of `low` under the high half of `high`; the two low halves; the two high halves. */
static inline uint32_t edgeml_pack(uint32_t low, uint32_t high) {
#if EDGEML_DSP
  uint32_t pair;
  __asm__("pkhbt %0, %1, %2" : "=r"(pair) : "r"(low), "r"(high));
  return pair;
#else
  return (low & 0xFFFFu) | (high & 0xFFFF0000u);
#endif
}
static inline uint32_t edgeml_pack_low(uint32_t low, uint32_t high) {
#if EDGEML_DSP
  uint32_t pair;
  __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(pair) : "r"(low), "r"(high));
  return pair;
#else
  return (low & 0xFFFFu) | (high << 16);
#endif
}
static inline uint32_t edgeml_pack_high(uint32_t low, uint32_t high) {
#if EDGEML_DSP
  uint32_t pair;
  __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(pair) : "r"(high), "r"(low));
  return pair;
#else
  return (low >> 16) | (high & 0xFFFF0000u);
#endif
}

/* Bytes 0 and 2, sign-extended, as a pair. */
static inline uint32_t edgeml_sxtb16(uint32_t bytes) {
#if EDGEML_DSP
  uint32_t pair;
  __asm__("sxtb16 %0, %1" : "=r"(pair) : "r"(bytes));
  return pair;
#else
  const uint32_t low = (uint32_t)(int32_t)(int8_t)(uint8_t)(bytes & 0xFFu);
  const uint32_t high = (uint32_t)(int32_t)(int8_t)(uint8_t)((bytes >> 16) & 0xFFu);
  return (low & 0xFFFFu) | (high << 16);
#endif
}

/* Bytes 1 and 3, sign-extended, as a pair. */
static inline uint32_t edgeml_sxtb16_odd(uint32_t bytes) {
#if EDGEML_DSP
  uint32_t pair;
  __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
  return pair;
#else
  return edgeml_sxtb16(bytes >> 8);
#endif
}

/* A pair plus bytes 0 and 2, and plus bytes 1 and 3, each half modulo 2^16. */
static inline uint32_t edgeml_sxtab16(uint32_t pair, uint32_t bytes) {
#if EDGEML_DSP
  __asm__("sxtab16 %0, %1, %2" : "=r"(pair) : "r"(pair), "r"(bytes));
  return pair;
#else
  const uint32_t more = edgeml_sxtb16(bytes);
  return ((pair + more) & 0xFFFFu) | ((pair & 0xFFFF0000u) + (more & 0xFFFF0000u));
#endif
}
static inline uint32_t edgeml_sxtab16_odd(uint32_t pair, uint32_t bytes) {
#if EDGEML_DSP
  __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(pair) : "r"(pair), "r"(bytes));
  return pair;
#else
  return edgeml_sxtab16(pair, bytes >> 8);
#endif
}

/* The larger of each two signed bytes. */
static inline uint32_t edgeml_max_bytes(uint32_t a, uint32_t b) {
  uint32_t result;
#if EDGEML_DSP
  __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(result) : "r"(a), "r"(b) : "cc");
#else
  result = 0;
  for (uint32_t i = 0; i < 32; i += 8) {
    const int8_t x = (int8_t)(uint8_t)(a >> i), y = (int8_t)(uint8_t)(b >> i);
    result |= (uint32_t)(uint8_t)(x > y ? x : y) << i;
  }
#endif
  return result;
}

#endif
