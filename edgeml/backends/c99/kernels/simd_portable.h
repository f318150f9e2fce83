/* The operations of simd.h in plain C, and what they mean at every level. */
#ifndef EDGEML_SIMD_PORTABLE_H
#define EDGEML_SIMD_PORTABLE_H

#include "dsp.h"
#include "requantize.h"

#define edgeml_target_portable

/* lanes: int32 values of a vector, each also four bytes
 * bias_row: 0 where dot4 takes x as x + 128, unsigned; 1 where it takes x as it is
 * wide, tall: blocks of 16 channels and pixels that a tile has; tall_one: pixels of a tile of one block;
 * flat: blocks of a tile of one pixel */
enum {
  edgeml_lanes_portable = 4,
  edgeml_bias_row_portable = 0,
  edgeml_wide_portable = 1,
  edgeml_tall_portable = 1,
  edgeml_tall_one_portable = 1,
  edgeml_flat_portable = 1
};

typedef struct {
  int32_t lane[4];
} edgeml_vec_portable;

/* A vector at any address. */
static inline edgeml_vec_portable edgeml_load_portable(const void *from) {
  const uint8_t *const b = from;
  edgeml_vec_portable v;
  for (int i = 0; i < 4; ++i) v.lane[i] = (int32_t)edgeml_load_word(b + 4 * i);
  return v;
}

static inline void edgeml_store_portable(void *to, edgeml_vec_portable v) {
  uint8_t *const b = to;
  for (int i = 0; i < 16; ++i) b[i] = (uint8_t)((uint32_t)v.lane[i / 4] >> (8 * (i % 4)));
}

/* The four bytes at `from` in every lane. */
static inline edgeml_vec_portable edgeml_quad_portable(const uint8_t *from) {
  edgeml_vec_portable v;
  for (int i = 0; i < 4; ++i) v.lane[i] = (int32_t)edgeml_load_word(from);
  return v;
}

/* In each lane sum + the products of its four bytes of x and its four int8 of w, modulo 2^32. */
static inline edgeml_vec_portable edgeml_dot4_portable(edgeml_vec_portable sum, edgeml_vec_portable x,
                                                       edgeml_vec_portable w) {
  for (int i = 0; i < 4; ++i) {
    const uint32_t a = (uint32_t)x.lane[i], b = (uint32_t)w.lane[i];
    int32_t products = 0;
    for (int k = 0; k < 32; k += 8)
      products += (int32_t)((a >> k) & 0xFFu) * (int8_t)(uint8_t)((b >> k) & 0xFFu);
    sum.lane[i] = edgeml_wrap_add(sum.lane[i], products);
  }
  return sum;
}

/* int8 x in the form that dot4 takes. */
static inline edgeml_vec_portable edgeml_flip_portable(edgeml_vec_portable x) {
  for (int i = 0; i < 4; ++i) x.lane[i] = (int32_t)((uint32_t)x.lane[i] ^ 0x80808080u);
  return x;
}

/* `count` of them; nothing else is read or written. */
static inline void edgeml_flip_bytes_portable(uint8_t *to, const int8_t *x, int32_t count) {
  for (int32_t i = 0; i < count; ++i) to[i] = (uint8_t)((uint8_t)x[i] ^ 0x80u);
}

/* Bytes of four vectors side by side: quads[v], lane n holds byte 16 * (n / 4) + 4 * v + n % 4 of a, b, c and d. */
static inline void edgeml_quads_portable(edgeml_vec_portable *quads, edgeml_vec_portable a, edgeml_vec_portable b,
                                         edgeml_vec_portable c, edgeml_vec_portable d) {
  for (int v = 0; v < 4; ++v)
    for (int i = 0; i < 4; ++i)
      quads[v].lane[i] = (int32_t)((((uint32_t)a.lane[v] >> (8 * i)) & 0xFFu) |
                                   ((((uint32_t)b.lane[v] >> (8 * i)) & 0xFFu) << 8) |
                                   ((((uint32_t)c.lane[v] >> (8 * i)) & 0xFFu) << 16) |
                                   ((((uint32_t)d.lane[v] >> (8 * i)) & 0xFFu) << 24));
}

/* clamp(rint((float)sum * scale), low, high) + zero, `scale` one float a lane. */
static inline edgeml_vec_portable edgeml_steps_portable(edgeml_vec_portable sum, const float *scale,
                                                        const edgeml_simd_range *range) {
  for (int i = 0; i < 4; ++i) {
    const float real = (float)sum.lane[i] * scale[i];
    const int32_t low = (int32_t)range->low + range->zero, high = (int32_t)range->high + range->zero;
    sum.lane[i] = edgeml_round_s8(real, range->zero, low, high);
  }
  return sum;
}

/* The first `count` (1..16) of 16 int32 as int8. */
static inline void edgeml_put_portable(int8_t *y, const edgeml_vec_portable *steps, int32_t count) {
  for (int32_t i = 0; i < count; ++i) y[i] = (int8_t)steps[i / 4].lane[i % 4];
}

/* The first `count` (1..4 * lanes) of the int32 that lie in four vectors as quads orders them, as int8. */
static inline void edgeml_put_quads_portable(int8_t *y, const edgeml_vec_portable *steps, int32_t count) {
  edgeml_put_portable(y, steps, count);
}

/* int8 as int32, one a lane. */
static inline edgeml_vec_portable edgeml_widen_portable(const int8_t *from) {
  edgeml_vec_portable v;
  for (int i = 0; i < 4; ++i) v.lane[i] = from[i];
  return v;
}

static inline edgeml_vec_portable edgeml_splat_portable(int32_t value) {
  const edgeml_vec_portable v = {{value, value, value, value}};
  return v;
}

/* Sums and products modulo 2^32. */
static inline edgeml_vec_portable edgeml_plus_portable(edgeml_vec_portable a, edgeml_vec_portable b) {
  for (int i = 0; i < 4; ++i) a.lane[i] = edgeml_wrap_add(a.lane[i], b.lane[i]);
  return a;
}

static inline edgeml_vec_portable edgeml_times_portable(edgeml_vec_portable a, edgeml_vec_portable b) {
  for (int i = 0; i < 4; ++i) a.lane[i] = (int32_t)((uint32_t)a.lane[i] * (uint32_t)b.lane[i]);
  return a;
}

/* a >> count, arithmetic. */
static inline edgeml_vec_portable edgeml_shift_portable(edgeml_vec_portable a, int32_t count) {
  for (int i = 0; i < 4; ++i) a.lane[i] >>= count;
  return a;
}

static inline edgeml_vec_portable edgeml_bound_portable(edgeml_vec_portable a, int32_t low, int32_t high) {
  for (int i = 0; i < 4; ++i) a.lane[i] = edgeml_clamp_s32(a.lane[i], low, high);
  return a;
}

/* sum / count, rounded half away from zero; |sum| + count < 2^24. */
static inline edgeml_vec_portable edgeml_mean_portable(edgeml_vec_portable sum, int32_t count) {
  for (int i = 0; i < 4; ++i)
    sum.lane[i] = (sum.lane[i] < 0 ? sum.lane[i] - count / 2 : sum.lane[i] + count / 2) / count;
  return sum;
}

/* clamp(rint((float)sum * scale + offset), -128, 127); product and sum are two float32 operations. */
static inline edgeml_vec_portable edgeml_affine_portable(edgeml_vec_portable sum, float scale, float offset) {
  for (int i = 0; i < 4; ++i) {
    const float product = (float)sum.lane[i] * scale;
    sum.lane[i] = edgeml_round_s8(product + offset, 0, -128, 127);
  }
  return sum;
}

/* Sixteen int8. */
typedef struct {
  int8_t byte[16];
} edgeml_bytes_portable;

static inline edgeml_bytes_portable edgeml_load_bytes_portable(const int8_t *from) {
  edgeml_bytes_portable v;
  for (int i = 0; i < 16; ++i) v.byte[i] = from[i];
  return v;
}

static inline edgeml_bytes_portable edgeml_max_bytes_portable(edgeml_bytes_portable a, edgeml_bytes_portable b) {
  for (int i = 0; i < 16; ++i) a.byte[i] = a.byte[i] < b.byte[i] ? b.byte[i] : a.byte[i];
  return a;
}

static inline edgeml_bytes_portable edgeml_min_bytes_portable(edgeml_bytes_portable a, edgeml_bytes_portable b) {
  for (int i = 0; i < 16; ++i) a.byte[i] = a.byte[i] < b.byte[i] ? a.byte[i] : b.byte[i];
  return a;
}

static inline edgeml_bytes_portable edgeml_splat_bytes_portable(int8_t value) {
  edgeml_bytes_portable v;
  for (int i = 0; i < 16; ++i) v.byte[i] = value;
  return v;
}

/* The first `count` of them. */
static inline void edgeml_put_bytes_portable(int8_t *y, edgeml_bytes_portable v, int32_t count) {
  for (int32_t i = 0; i < count; ++i) y[i] = v.byte[i];
}

#endif
