/* Dot products of one int8 vector with one or four rows of int8 weights. */
#ifndef EDGEML_DOT_S8_H
#define EDGEML_DOT_S8_H

#include <stdint.h>

typedef struct {
  int32_t a, b, c, d;
} edgeml_sums;

/* sums + four rows, `stride` apart, times (x - zero_point). Each x is loaded once for four products; with a
 * literal zero_point of 0 the subtraction vanishes. Two steps a turn: more would spill on 16 registers. */
static inline edgeml_sums edgeml_dot4_s8(edgeml_sums sums, const int8_t *x, const int8_t *w, int32_t stride,
                                         int32_t length, int32_t zero_point) {
  int32_t a = sums.a, b = sums.b, c = sums.c, d = sums.d;
  const int8_t *w1 = w + stride, *w2 = w1 + stride, *w3 = w2 + stride;
  const int8_t *const end = x + length;
  if ((length & 1) != 0) {
    const int32_t v = *x++ - zero_point;
    a += v * *w++;
    b += v * *w1++;
    c += v * *w2++;
    d += v * *w3++;
  }
  while (x != end) {
    const int32_t v = x[0] - zero_point, u = x[1] - zero_point;
    x += 2;
    a += v * w[0];
    a += u * w[1];
    w += 2;
    b += v * w1[0];
    b += u * w1[1];
    w1 += 2;
    c += v * w2[0];
    c += u * w2[1];
    w2 += 2;
    d += v * w3[0];
    d += u * w3[1];
    w3 += 2;
  }
  const edgeml_sums out = {a, b, c, d};
  return out;
}

/* sum + row times (x - zero_point). */
static inline int32_t edgeml_dot1_s8(int32_t sum, const int8_t *x, const int8_t *w, int32_t length,
                                     int32_t zero_point) {
  for (int32_t i = 0; i < length; ++i) sum += (x[i] - zero_point) * w[i];
  return sum;
}

#endif
