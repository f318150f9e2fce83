"""The kernels' own elementary functions against the C library's in double, over all magnitudes."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from edgeml.backends.c99.emit import KERNELS

# one float in STEP is tried; 1 tries all of them
STEP = int(os.environ.get("EDGEML_TEST_FLOAT_STEP", "5003"))
# function: allowed error in ulps, as its header documents
BOUNDS = {
    "exp": 1, "expm1": 2, "log": 2, "log1p": 2, "erf": 3, "sin": 3, "cos": 3, "pow": 2,
    "sqrt": 0, "floor": 0, "ceil": 0, "rint": 0, "remainder": 0,
}  # fmt: skip

_SOURCE = r"""
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "integral_f32.h"
#include "power_f32.h"
#include "remainder_f32.h"
#include "root_f32.h"
#include "trigonometry_f32.h"

static double ulps(float got, double want) {
  int exponent;
  const double edge = ldexp(1.0, 128) - ldexp(1.0, 103); /* rounds to infinity from here on */
  if ((double)got == want || (isnan(got) && isnan(want))) return 0.0;
  if (isinf(got) && fabs(want) >= edge && (got > 0) == (want > 0)) return 0.0;
  if (isnan(got) || isnan(want) || isinf(got) || isinf(want)) return 1e9;
  frexp(want, &exponent);
  if (exponent < -125) exponent = -125;
  return fabs((double)got - want) / ldexp(1.0, exponent - 24);
}

static float from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static uint64_t state = 88172645463325252u;
static uint32_t draw(void) {
  state ^= state << 13; state ^= state >> 7; state ^= state << 17;
  return (uint32_t)(state >> 16);
}

static const char *const names[] = {"exp", "expm1", "log", "log1p", "erf", "sin", "cos", "pow",
                                    "sqrt", "floor", "ceil", "rint", "remainder"};
static double worst[13];
static void note(int function, float got, double want) { worst[function] = fmax(worst[function], ulps(got, want)); }

int main(int argc, char **argv) {
  const uint64_t step = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
  static const float special[] = {0.0f, -0.0f, 1.0f, -1.0f, INFINITY, -INFINITY, NAN, 0.5f, -0.5f, 2.0f, -2.0f, 3.0f,
                                  -3.0f, 1e38f, -1e38f, 1e-45f, 16777216.0f, 16777217.0f, 8388609.0f, -8388609.0f};
  for (uint64_t i = 0; i < 0x100000000u; i += step) {
    const float x = from_bits((uint32_t)i), y = from_bits(draw());
    if (x > -87.3f && x < 88.7f) note(0, edgeml_expf(x), exp(x));
    if (x <= 0.0f) note(1, edgeml_expm1f(x), expm1(x));
    note(2, edgeml_logf(x), log(x));
    if (x >= 0.0f && x <= 1.0f) note(3, edgeml_log1pf(x), log1p(x));
    note(4, edgeml_erff(x), erf(x));
    note(5, edgeml_sine_f32(x, 0u), sin(x));
    note(6, edgeml_sine_f32(x, 1u), cos(x));
    note(8, edgeml_sqrtf(x), (double)sqrtf(x));
    note(9, edgeml_floorf(x), floor(x));
    note(10, edgeml_ceilf(x), ceil(x));
    note(11, edgeml_rintf(x), rint(x));
    note(12, edgeml_remainder_f32(x, y), (double)fmodf(x, y));
    /* an exponent that gives a result within the range, also of bases close to 1 */
    const float near = 1.0f + (float)((int32_t)(draw() % 2001u) - 1000) * 1e-6f;
    const float base = i % 3 == 0 ? near : fabsf(x);
    const float power = (float)(((double)(draw() % 252000u) - 126000) / 1000 / log2(base));
    if (!isnan(base) && !isnan(power) && !isinf(power) && fabs(pow(base, power)) > 1.2e-38)
      note(7, edgeml_powf(base, power), pow(base, power));
  }
  for (size_t i = 0; i < sizeof special / sizeof *special; ++i)
    for (size_t j = 0; j < sizeof special / sizeof *special; ++j) {
      note(7, edgeml_powf(special[i], special[j]), pow(special[i], special[j]));
      note(12, edgeml_remainder_f32(special[i], special[j]), (double)fmodf(special[i], special[j]));
    }
  for (int i = 0; i < 13; ++i) printf("%s %g\n", names[i], worst[i]);
  return 0;
}
"""


@pytest.fixture(scope="module")
def errors(tmp_path_factory: pytest.TempPathFactory) -> dict[str, float]:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    folder: Path = tmp_path_factory.mktemp("elementary")
    (folder / "functions.c").write_text(_SOURCE)
    flags = ["-std=c99", "-O2", "-ffp-contract=off", "-fsanitize=undefined", "-fno-sanitize-recover=all"]
    command = ["gcc", *flags, f"-I{KERNELS}", "functions.c", "-lm", "-o", "functions"]
    subprocess.run(command, cwd=folder, check=True, timeout=120)
    done = subprocess.run(
        [str(folder / "functions"), str(STEP)], capture_output=True, text=True, timeout=3600, check=True
    )
    return {name: float(error) for name, error in (line.split() for line in done.stdout.splitlines())}


@pytest.mark.parametrize("function", BOUNDS)
def test_error_is_as_documented(function: str, errors: dict[str, float]) -> None:
    assert errors[function] <= BOUNDS[function]
