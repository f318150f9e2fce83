"""C kernels against the operators' references: int8 bit for bit, float32 within a bound, and lint."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.c99.emit import KERNELS
from edgeml.backends.c99.selection import KERNELS as SELECTED
from edgeml.ir import DType, GraphBuilder, Numerics
from edgeml.ops import OPS
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier
from edgeml.ops.gather import GatherAttrs
from edgeml.ops.requantize import requantize
from tests.contract.cases import CASES, FLOAT_OPS, INT8_OPS, INT16_OPS, TFLM_OPS, as_int16
from tests.ops.kernel_driver import Driver, kernel_names, param_fields
from tests.ops.random_nodes import any_convolution, case, supported, wrong_outputs

INT8_CASES = {"conv_2d": 600, "depthwise_conv_2d": 400}

needs_host_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def _portable(ops: Iterable[str]) -> list[str]:
    """The kernels that operators name themselves."""
    return sorted({k for op in ops for k in OPS[op].kernels})


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Driver:
    return Driver.build(tmp_path_factory.mktemp("driver"), names=_portable(OPS))


@pytest.fixture(scope="module")
def tflm_driver(tmp_path_factory: pytest.TempPathFactory) -> Driver:
    return Driver.build(tmp_path_factory.mktemp("tflm_driver"), Numerics.TFLM, names=_portable(TFLM_OPS))


def _compare_int8(op: str, driver: Driver) -> None:
    """Random nodes that the driver's numerics support: kernel and reference, bit for bit."""
    rng = np.random.default_rng(sum(map(ord, op)))
    graphs = [CASES[op](rng, True) for _ in range(INT8_CASES.get(op, 250))]
    if "conv_2d" in op:
        graphs += [any_convolution(rng, op.startswith("depthwise")) for _ in range(INT8_CASES[op])]
    cases = [case(replace(graph, numerics=driver.numerics), rng) for graph in graphs]
    if driver.numerics is Numerics.TFLM:
        cases = [c for c in cases if supported(c[0])]
        assert len(cases) >= 50
    for (bound, inputs), outputs in zip(cases, driver.run(cases), strict=True):
        for got, want in zip(outputs, OPS[op].reference(bound, *inputs), strict=True):
            np.testing.assert_array_equal(got, want.reshape(got.shape), err_msg=f"{bound.node.attrs} {bound.inputs}")


@needs_host_gcc
@pytest.mark.parametrize("op", [n for n in INT8_OPS if OPS[n].kernels])
def test_int8_kernel_equals_the_reference_bit_for_bit(op: str, driver: Driver) -> None:
    _compare_int8(op, driver)


@needs_host_gcc
@pytest.mark.parametrize("op", [n for n in INT16_OPS if OPS[n].kernels])
def test_int16_kernel_equals_the_reference_bit_for_bit(op: str, driver: Driver) -> None:
    rng = np.random.default_rng(sum(map(ord, op)) + 16)
    graphs = [as_int16(CASES[op](rng, True), rng) for _ in range(150)]
    if "conv_2d" in op:
        graphs += [as_int16(any_convolution(rng, op.startswith("depthwise")), rng) for _ in range(150)]
    cases = [case(graph, rng) for graph in graphs]
    for (bound, inputs), outputs in zip(cases, driver.run(cases), strict=True):
        want = OPS[op].reference(bound, *inputs)[0]
        np.testing.assert_array_equal(outputs[0], want.reshape(outputs[0].shape), err_msg=f"{bound.node.attrs}")


@needs_host_gcc
@pytest.mark.parametrize("op", [n for n in TFLM_OPS if OPS[n].kernels])
def test_int8_kernel_equals_the_reference_under_tflm_numerics(op: str, tflm_driver: Driver) -> None:
    _compare_int8(op, tflm_driver)


@needs_host_gcc
@pytest.mark.parametrize("op", [n for n in FLOAT_OPS if OPS[n].kernels])
def test_float32_kernel_stays_within_the_bound(op: str, driver: Driver) -> None:
    rng = np.random.default_rng(sum(map(ord, op)) + 1)
    cases = [case(CASES[op](rng, False), rng) for _ in range(120)]
    for node, outputs in zip(cases, driver.run(cases), strict=True):
        bound, inputs = node
        assert not wrong_outputs(node, outputs, OPS[op].reference(bound, *inputs)), bound.node.attrs


@needs_host_gcc
@pytest.mark.parametrize("dtype", [np.int32, np.int64])
def test_gather_reads_inside_the_tensor_whatever_the_indices_are(dtype: type, driver: Driver) -> None:
    rng = np.random.default_rng(0)
    builder = GraphBuilder("g", OPS)
    x = builder.input("x", (2, 5, 3))
    indices = builder.input("indices", (2, 40), DType(np.dtype(dtype).name))
    graph = builder.build([builder.add("gather", [x, indices], GatherAttrs(1, 1), name="y")])
    ends = np.iinfo(dtype)
    values = rng.choice([*range(-7, 8), ends.min, ends.min + 1, ends.max, ends.max - 1], (2, 40)).astype(dtype)
    inputs = (rng.normal(size=(2, 5, 3)).astype(np.float32), values)
    bound = graph.bind(graph.nodes[0])
    np.testing.assert_array_equal(driver.run([(bound, inputs)])[0][0], OPS["gather"].reference(bound, *inputs)[0])


def _sources(file: str) -> str:
    """A file of the kernels and those that it includes, without those that define the requantisation."""
    text = (KERNELS / file).read_text()
    names = re.findall(r'^#include "([^"]+)"', text, re.MULTILINE)
    return text + "".join(_sources(name) for name in names if name not in ("requantize.h", "rescale.h"))


def test_kernels_that_depend_on_the_numerics_have_a_name_for_each() -> None:
    text = (KERNELS / "numerics.h").read_text()
    used = {k for op in TFLM_OPS for k in OPS[op].kernels} | {k.name for ks in SELECTED.values() for k in ks}
    for kernel in used:
        # edgeml_requantize or edgeml_rescale_or_requantize
        depends = "requantize(" in _sources(f"{kernel}.c")
        assert depends == (f"#define edgeml_{kernel} edgeml_{kernel}_tflm\n" in text), kernel


def test_every_kernel_an_operator_names_has_its_files() -> None:
    named = {k for op in OPS.values() for k in op.kernels} | {k.name for ks in SELECTED.values() for k in ks}
    assert named == set(kernel_names())
    for kernel in named:
        assert param_fields(kernel)


_REQUANTIZE = r"""
#include <stdio.h>
#include <string.h>
#include <math.h>
#include "requantize.h"
static uint64_t state = 88172645463325252ull;
static uint64_t draw(void) { state ^= state << 13; state ^= state >> 7; state ^= state << 17; return state; }
static float from_bits(uint32_t bits) { float f; memcpy(&f, &bits, 4); return f; }
static long check(int32_t acc, float scale, int32_t zero, int32_t min, int32_t max) {
  const float real = (float)acc * scale;
  const double low = min - zero, high = max - zero;
  const double want = nearbyint(fmin(fmax((double)real, low), high)) + zero;
  const int32_t a = edgeml_round_s8(real, zero, min, max), b = edgeml_requantize_integer(acc, scale, zero, min, max);
  if (a == (int32_t)want && b == (int32_t)want) return 0;
  printf("acc %d scale %a zero %d: float %d, integer %d, want %g\n", acc, (double)scale, zero, a, b, want);
  return 1;
}
int main(void) {
  static const int32_t accs[] = {0, 1, -1, 2, 3, 255, 256, 8191, 8192, 16777215, 16777216, 16777217, 16777219,
    33554431, 33554433, 33554434, 33554435, -16777217, 2147483647, -2147483647, -2147483647 - 1, 2147483583,
    2147483584, 2147483585};
  static const uint32_t scales[] = {1, 0x7FFFFF, 0x800000, 0x800001, 0x3F800000, 0x3F000000, 0x3E000000, 0x3DFFFFFF,
    0x3B808081, 0x33000000, 0x32FFFFFF, 0x33000001, 0x2F000000, 0x2EFFFFFF, 0x2F000001, 0x2F800000, 0x7F7FFFFF};
  long bad = 0;
  for (size_t i = 0; i < sizeof accs / sizeof *accs; ++i)
    for (size_t j = 0; j < sizeof scales / sizeof *scales; ++j)
      for (int zero = -128; zero < 128; zero += 51) bad += check(accs[i], from_bits(scales[j]), zero, -128, 127);
  for (long i = 0; i < 6000000 && bad < 10; ++i) {
    const int32_t acc = (int32_t)draw() >> (draw() % 32);
    float scale;
    switch (draw() % 3) {
      case 0: scale = from_bits((uint32_t)(draw() % 0x7F7FFFFFu) + 1u); break; /* every positive float */
      case 1: scale = ldexpf(1.0f + (float)(draw() % 8388608) / 8388608.0f, (int)(draw() % 40) - 32); break;
      default: { /* products on and beside a half */
        const float half = (float)(draw() % 300) + 0.5f;
        uint32_t bits;
        scale = half / fabsf((float)(acc == 0 ? 1 : acc));
        memcpy(&bits, &scale, 4);
        scale = from_bits(bits + (uint32_t)(draw() % 5) - 2u);
      }
    }
    const int zero = (int)(draw() % 256) - 128;
    bad += check(acc, scale, zero, draw() % 2 ? -128 : zero, 127);
  }
  return bad != 0;
}
"""


def _run_c(source: str, folder: Path, *flags: str) -> subprocess.CompletedProcess[bytes]:
    """Compile a program that includes kernel headers, with undefined behaviour caught, and run it."""
    (folder / "program.c").write_text(source)
    sanitize = ["-std=c99", "-O2", "-ffp-contract=off", "-fsanitize=undefined", "-fno-sanitize-recover=all"]
    command = ["gcc", *sanitize, *flags, f"-I{KERNELS}", "program.c", "-lm", "-o", "program"]
    subprocess.run(command, cwd=folder, check=True, timeout=120)
    done = subprocess.run([str(folder / "program")], capture_output=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout.decode()[-3000:] + done.stderr.decode()
    return done


@needs_host_gcc
def test_requantisation_with_and_without_fpu_gives_the_same_bits(tmp_path: Path) -> None:
    _run_c(_REQUANTIZE, tmp_path)


_FIXED_POINT = r"""
#include <stdio.h>
#include "requantize.h"
static uint64_t state = 88172645463325252ull;
static uint64_t draw(void) { state ^= state << 13; state ^= state >> 7; state ^= state << 17; return state; }
static int32_t any(void) {
  static const int32_t ends[] = {0, 1, -1, 0x7FFF, 0x8000, 0xFFFF, 0x10000, -0x8000, -0x10000, 0x3FFFFFFF, 0x40000000,
    0x7FFFFFFF, -0x7FFFFFFF, -0x7FFFFFFF - 1, 0x7FFF0000, -0x40000000};
  return draw() % 4 == 0 ? ends[draw() % 16] : (int32_t)draw() >> (draw() % 31);
}
int main(void) {
  for (long i = 0; i < 4000000; ++i) {
    const int32_t a = any(), b = any();
    if (a == b && a == -0x7FFFFFFF - 1) continue;
    if (edgeml_doubling_high_multiply_short(a, b) != edgeml_doubling_high_multiply(a, b)) return 1;
  }
  for (int i = 0; i < 200000; ++i) { /* for comparison with the reference */
    const edgeml_scale scale = {(int32_t)(0x40000000u + (uint32_t)(draw() % 0x40000000u)), (int32_t)(draw() % 62) - 31};
    const int32_t acc = any(), zero = (int32_t)(draw() % 256) - 128;
    const int32_t record[] = {acc, scale.multiplier, scale.shift, zero,
      edgeml_multiply_by_quantized_multiplier(acc, scale.multiplier, scale.shift),
      edgeml_requantize(acc, scale, zero, -128, 127)};
    if (fwrite(record, sizeof record, 1, stdout) != 1) return 2;
  }
  return 0;
}
"""


@needs_host_gcc
def test_fixed_point_requantisation_equals_the_reference_with_and_without_long_multiplication(tmp_path: Path) -> None:
    done = _run_c(_FIXED_POINT, tmp_path, "-DEDGEML_NUMERICS_TFLM=1")
    acc, multiplier, shift, zero, product, q = np.frombuffer(done.stdout, np.int32).reshape(-1, 6).T
    factor = np.stack([multiplier, shift], axis=-1)
    np.testing.assert_array_equal(multiply_by_quantized_multiplier(acc, factor), product)
    for z in (-128, 0, 127):
        rows = zero == z
        np.testing.assert_array_equal(requantize(acc[rows], factor[rows], z), q[rows])


_MATH = r"""
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "math_f32.h"
static double ulps(float got, double want) {
  int exponent;
  frexp(want, &exponent);
  return fabs((double)got - want) / ldexp(1.0, exponent - 24);
}
int main(void) {
  double e = 0, t = 0, l = 0;
  for (uint64_t i = 0; i < 0x100000000u; i += 1021) {
    const uint32_t bits = (uint32_t)i;
    float x;
    memcpy(&x, &bits, 4);
    if (!(fabsf(x) < 200.0f)) continue;
    if (x > -87.3f && x < 88.7f) e = fmax(e, ulps(edgeml_expf(x), exp(x)));
    if (fabsf(x) > 1e-30f) t = fmax(t, ulps(edgeml_tanhf(x), tanh(x)));
    if (x > -87.0f) l = fmax(l, ulps(edgeml_logisticf(x), 1.0 / (1.0 + exp(-(double)x))));
  }
  printf("%g %g %g\n", e, t, l);
  return !(edgeml_expf(-1000.0f) == 0.0f && edgeml_expf(1000.0f) > 3.4e38f && edgeml_expf(0.0f) == 1.0f);
}
"""


@needs_host_gcc
def test_elementary_functions_keep_the_documented_error(tmp_path: Path) -> None:
    (tmp_path / "math.c").write_text(_MATH)
    command = ["gcc", "-std=c99", "-O2", "-ffp-contract=off", f"-I{KERNELS}", "math.c", "-lm", "-o", "math"]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=120)
    done = subprocess.run([str(tmp_path / "math")], capture_output=True, text=True, timeout=120, check=True)
    exponential, tangent, logistic = (float(v) for v in done.stdout.split())
    assert exponential <= 1 and tangent <= 3 and logistic <= 3, done.stdout


WARNINGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-ffreestanding", "-O2")


@pytest.mark.parametrize("numerics", Numerics, ids=lambda n: n.value)
@pytest.mark.parametrize(
    "command",
    [
        ("gcc",),
        ("clang",),
        ("arm-none-eabi-gcc", "-mcpu=cortex-m0plus", "-mthumb"),
        ("arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard"),
        ("arm-none-eabi-gcc", "-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard"),
    ],
    ids=["gcc", "clang", "cortex-m0plus", "cortex-m4", "cortex-m55"],
)
def test_kernels_compile_alone_without_a_warning(command: tuple[str, ...], numerics: Numerics, tmp_path: Path) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    sources = [str(KERNELS / f"{k}.c") for k in kernel_names()]
    if numerics is Numerics.TFLM:  # the others do not depend on it
        sources = [s for s in sources if '"requantize.h"' in _sources(Path(s).name)]
    flag = f"-DEDGEML_NUMERICS_TFLM={int(numerics is Numerics.TFLM)}"
    done = subprocess.run(
        [*command, *WARNINGS, flag, "-c", *sources],
        cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
