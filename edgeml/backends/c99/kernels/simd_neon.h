/* The operations of simd.h (described in simd_portable.h) for AArch64. */
#ifndef EDGEML_SIMD_NEON_H
#define EDGEML_SIMD_NEON_H

#include <arm_neon.h>

#define edgeml_target_neon

enum {
  edgeml_lanes_neon = 4,
  edgeml_bias_row_neon = 1,
  edgeml_wide_neon = 1,
  edgeml_tall_neon = 4,
  edgeml_tall_one_neon = 4,
  edgeml_flat_neon = 2
};

typedef int32x4_t edgeml_vec_neon;

EDGEML_INLINE int32x4_t edgeml_load_neon(const void *from) { return vreinterpretq_s32_s8(vld1q_s8(from)); }

EDGEML_INLINE void edgeml_store_neon(void *to, int32x4_t v) { vst1q_s8(to, vreinterpretq_s8_s32(v)); }

EDGEML_INLINE int32x4_t edgeml_quad_neon(const uint8_t *from) { return vdupq_n_s32((int32_t)edgeml_load_word(from)); }

EDGEML_INLINE int32x4_t edgeml_dot4_neon(int32x4_t sum, int32x4_t x, int32x4_t w) {
  const int8x16_t a = vreinterpretq_s8_s32(x), b = vreinterpretq_s8_s32(w);
#if defined(__ARM_FEATURE_DOTPROD)
  return vdotq_s32(sum, a, b);
#else
  const int16x8_t low = vmull_s8(vget_low_s8(a), vget_low_s8(b)), high = vmull_high_s8(a, b);
  return vaddq_s32(sum, vpaddq_s32(vpaddlq_s16(low), vpaddlq_s16(high)));
#endif
}

EDGEML_INLINE int32x4_t edgeml_flip_neon(int32x4_t x) { return x; }

EDGEML_INLINE int32x4_t edgeml_steps_neon(int32x4_t sum, const float *scale, const edgeml_simd_range *range) {
  float32x4_t real = vmulq_f32(vcvtq_f32_s32(sum), vld1q_f32(scale));
  real = vminq_f32(vmaxq_f32(real, vdupq_n_f32(range->low)), vdupq_n_f32(range->high));
  return vaddq_s32(vcvtnq_s32_f32(real), vdupq_n_s32(range->zero));
}

EDGEML_INLINE void edgeml_flip_bytes_neon(uint8_t *to, const int8_t *x, int32_t count) {
  int32_t i = 0;
  for (; i + 16 <= count; i += 16) vst1q_u8(to + i, vreinterpretq_u8_s8(vld1q_s8(x + i)));
  for (; i < count; ++i) to[i] = (uint8_t)x[i];
}

EDGEML_INLINE void edgeml_quads_neon(int32x4_t *quads, int32x4_t a, int32x4_t b, int32x4_t c, int32x4_t d) {
  const int8x16_t w = vreinterpretq_s8_s32(a), x = vreinterpretq_s8_s32(b), y = vreinterpretq_s8_s32(c),
                  z = vreinterpretq_s8_s32(d);
  const int16x8_t wx = vreinterpretq_s16_s8(vzip1q_s8(w, x)), yz = vreinterpretq_s16_s8(vzip1q_s8(y, z));
  const int16x8_t wx_high = vreinterpretq_s16_s8(vzip2q_s8(w, x)), yz_high = vreinterpretq_s16_s8(vzip2q_s8(y, z));
  quads[0] = vreinterpretq_s32_s16(vzip1q_s16(wx, yz));
  quads[1] = vreinterpretq_s32_s16(vzip2q_s16(wx, yz));
  quads[2] = vreinterpretq_s32_s16(vzip1q_s16(wx_high, yz_high));
  quads[3] = vreinterpretq_s32_s16(vzip2q_s16(wx_high, yz_high));
}

/* The first `count` of 16 bytes. */
EDGEML_INLINE void edgeml_put_bytes_neon(int8_t *y, int8x16_t bytes, int32_t count) {
  int8_t all[16];
  if (count == 16) {
    vst1q_s8(y, bytes);
    return;
  }
  vst1q_s8(all, bytes);
  for (int32_t i = 0; i < count; ++i) y[i] = all[i];
}

EDGEML_INLINE void edgeml_put_neon(int8_t *y, const int32x4_t *steps, int32_t count) {
  const int16x8_t low = vcombine_s16(vmovn_s32(steps[0]), vmovn_s32(steps[1]));
  const int16x8_t high = vcombine_s16(vmovn_s32(steps[2]), vmovn_s32(steps[3]));
  edgeml_put_bytes_neon(y, vcombine_s8(vmovn_s16(low), vmovn_s16(high)), count);
}

EDGEML_INLINE void edgeml_put_quads_neon(int8_t *y, const int32x4_t *steps, int32_t count) {
  edgeml_put_neon(y, steps, count);
}

EDGEML_INLINE int32x4_t edgeml_widen_neon(const int8_t *from) {
  const int8x8_t four = vreinterpret_s8_s32(vdup_n_s32((int32_t)edgeml_load_word(from)));
  return vmovl_s16(vget_low_s16(vmovl_s8(four)));
}

EDGEML_INLINE int32x4_t edgeml_splat_neon(int32_t value) { return vdupq_n_s32(value); }

EDGEML_INLINE int32x4_t edgeml_plus_neon(int32x4_t a, int32x4_t b) { return vaddq_s32(a, b); }

EDGEML_INLINE int32x4_t edgeml_times_neon(int32x4_t a, int32x4_t b) { return vmulq_s32(a, b); }

EDGEML_INLINE int32x4_t edgeml_shift_neon(int32x4_t a, int32_t count) { return vshlq_s32(a, vdupq_n_s32(-count)); }

EDGEML_INLINE int32x4_t edgeml_bound_neon(int32x4_t a, int32_t low, int32_t high) {
  return vminq_s32(vmaxq_s32(a, vdupq_n_s32(low)), vdupq_n_s32(high));
}

/* The float quotient of integers below 2^24 never rounds up to the next integer. */
EDGEML_INLINE int32x4_t edgeml_mean_neon(int32x4_t sum, int32_t count) {
  const int32x4_t sign = vshrq_n_s32(sum, 31);
  const int32x4_t half = vsubq_s32(veorq_s32(vdupq_n_s32(count / 2), sign), sign);
  return vcvtq_s32_f32(vdivq_f32(vcvtq_f32_s32(vaddq_s32(sum, half)), vdupq_n_f32((float)count)));
}

EDGEML_INLINE int32x4_t edgeml_affine_neon(int32x4_t sum, float scale, float offset) {
  float32x4_t real = vaddq_f32(vmulq_f32(vcvtq_f32_s32(sum), vdupq_n_f32(scale)), vdupq_n_f32(offset));
  real = vminq_f32(vmaxq_f32(real, vdupq_n_f32(-128.0f)), vdupq_n_f32(127.0f));
  return vcvtnq_s32_f32(real);
}

typedef int8x16_t edgeml_bytes_neon;

EDGEML_INLINE int8x16_t edgeml_load_bytes_neon(const int8_t *from) { return vld1q_s8(from); }

EDGEML_INLINE int8x16_t edgeml_max_bytes_neon(int8x16_t a, int8x16_t b) { return vmaxq_s8(a, b); }

EDGEML_INLINE int8x16_t edgeml_min_bytes_neon(int8x16_t a, int8x16_t b) { return vminq_s8(a, b); }

EDGEML_INLINE int8x16_t edgeml_splat_bytes_neon(int8_t value) { return vdupq_n_s8(value); }

#if EDGEML_SIMD_DOTPROD
/* of the C library; declared here because not every build has its header */
extern unsigned long getauxval(unsigned long type);

#define edgeml_target_dotprod __attribute__((target("dotprod")))

/* HWCAP_ASIMDDP of AT_HWCAP */
static inline int edgeml_has_dotprod(void) { return (getauxval(16) & (1UL << 20)) != 0; }

#define edgeml_lanes_dotprod edgeml_lanes_neon
#define edgeml_bias_row_dotprod edgeml_bias_row_neon
#define edgeml_wide_dotprod edgeml_wide_neon
#define edgeml_tall_dotprod edgeml_tall_neon
#define edgeml_tall_one_dotprod edgeml_tall_one_neon
#define edgeml_flat_dotprod edgeml_flat_neon
#define edgeml_vec_dotprod edgeml_vec_neon
#define edgeml_load_dotprod edgeml_load_neon
#define edgeml_store_dotprod edgeml_store_neon
#define edgeml_quad_dotprod edgeml_quad_neon
#define edgeml_flip_dotprod edgeml_flip_neon
#define edgeml_flip_bytes_dotprod edgeml_flip_bytes_neon
#define edgeml_quads_dotprod edgeml_quads_neon
#define edgeml_steps_dotprod edgeml_steps_neon
#define edgeml_put_dotprod edgeml_put_neon
#define edgeml_put_quads_dotprod edgeml_put_quads_neon
#define edgeml_widen_dotprod edgeml_widen_neon
#define edgeml_splat_dotprod edgeml_splat_neon
#define edgeml_plus_dotprod edgeml_plus_neon
#define edgeml_times_dotprod edgeml_times_neon
#define edgeml_shift_dotprod edgeml_shift_neon
#define edgeml_bound_dotprod edgeml_bound_neon
#define edgeml_mean_dotprod edgeml_mean_neon
#define edgeml_affine_dotprod edgeml_affine_neon
#define edgeml_bytes_dotprod edgeml_bytes_neon
#define edgeml_load_bytes_dotprod edgeml_load_bytes_neon
#define edgeml_max_bytes_dotprod edgeml_max_bytes_neon
#define edgeml_min_bytes_dotprod edgeml_min_bytes_neon
#define edgeml_splat_bytes_dotprod edgeml_splat_bytes_neon
#define edgeml_put_bytes_dotprod edgeml_put_bytes_neon

EDGEML_INLINE edgeml_target_dotprod int32x4_t edgeml_dot4_dotprod(int32x4_t sum, int32x4_t x, int32x4_t w) {
  return vdotq_s32(sum, vreinterpretq_s8_s32(x), vreinterpretq_s8_s32(w));
}
#endif

#endif
