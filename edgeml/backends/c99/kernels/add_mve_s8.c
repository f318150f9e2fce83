#include "add_mve_s8.h"

#include "mve.h"

void edgeml_add_mve_s8(const edgeml_add_mve_s8_params *params, const int8_t *a, const int8_t *b, int8_t *y) {
  const int32_t count = params->shape[0] * params->shape[1] * params->shape[2] * params->shape[3];
#if EDGEML_MVE
  const int32x4_t multiplier = vdupq_n_s32(params->a_multiplier);
  const int32x4_t min = vdupq_n_s32(params->activation_min), max = vdupq_n_s32(params->activation_max);
  if (count <= 0) return;
  __asm volatile(
      "dlstp.32 lr, %[count]\n"
      "1: vldrb.s32 q0, [%[a]], #4\n"
      "vldrb.s32 q1, [%[b]], #4\n"
      "vmlas.s32 q0, %q[am], %[bias]\n"
      "vmla.s32 q0, q1, %[bm]\n"
      "vshl.s32 q0, %[shift]\n"
      "vadd.i32 q0, q0, %[zero]\n"
      "vmax.s32 q0, q0, %q[min]\n"
      "vmin.s32 q0, q0, %q[max]\n"
      "vstrb.32 q0, [%[y]], #4\n"
      "letp lr, 1b\n"
      : [a] "+l"(a), [b] "+l"(b), [y] "+l"(y)
      : [count] "r"(count), [am] "w"(multiplier), [min] "w"(min), [max] "w"(max), [bias] "r"(params->bias),
        [bm] "r"(params->b_multiplier), [shift] "r"(-params->shift), [zero] "r"(params->output_zero_point)
      : "q0", "q1", "lr", "memory");
#else
  for (int32_t i = 0; i < count; ++i) {
    /* an arithmetic shift, as every compiler for these cores does it */
    const int32_t sum = (params->bias + a[i] * params->a_multiplier + b[i] * params->b_multiplier) >> params->shift;
    y[i] = (int8_t)edgeml_clamp_s32(sum + params->output_zero_point, params->activation_min, params->activation_max);
  }
#endif
}
