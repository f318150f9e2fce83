/* Runs the soft float over arrays: `operation` picks the function. */
#include "softfloat.c"

void run_binary(int operation, int n, const float *a, const float *b, float *y);
void run_compare(int operation, int n, const float *a, const float *b, int *y);
void run_to_integer(int n, const float *a, int32_t *i, uint32_t *u, int64_t *l, uint64_t *ul);
void run_from_integer(int n, const int64_t *a, float *i, float *u, float *l, float *ul);

void run_binary(int operation, int n, const float *a, const float *b, float *y) {
  float (*const f[])(float, float) = {__aeabi_fadd, __aeabi_fsub, __aeabi_fmul, __aeabi_fdiv, __aeabi_frsub};
  for (int i = 0; i < n; ++i) y[i] = f[operation](a[i], b[i]);
}

void run_compare(int operation, int n, const float *a, const float *b, int *y) {
  int (*const f[])(float, float) = {__aeabi_fcmpeq, __aeabi_fcmplt, __aeabi_fcmple,
                                    __aeabi_fcmpge, __aeabi_fcmpgt, __aeabi_fcmpun};
  for (int i = 0; i < n; ++i) y[i] = f[operation](a[i], b[i]);
}

void run_to_integer(int n, const float *a, int32_t *i, uint32_t *u, int64_t *l, uint64_t *ul) {
  for (int k = 0; k < n; ++k) {
    i[k] = __aeabi_f2iz(a[k]);
    u[k] = __aeabi_f2uiz(a[k]);
    l[k] = __aeabi_f2lz(a[k]);
    ul[k] = __aeabi_f2ulz(a[k]);
  }
}

void run_from_integer(int n, const int64_t *a, float *i, float *u, float *l, float *ul) {
  for (int k = 0; k < n; ++k) {
    i[k] = __aeabi_i2f((int32_t)a[k]);
    u[k] = __aeabi_ui2f((uint32_t)a[k]);
    l[k] = __aeabi_l2f(a[k]);
    ul[k] = __aeabi_ul2f((uint64_t)a[k]);
  }
}
