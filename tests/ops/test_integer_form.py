"""Integer requantisation: where a channel's form is said to be exact, it is, for every accumulator."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.c99.emit import KERNELS
from edgeml.backends.c99.selection.requantization import summary
from edgeml.ir import Array
from edgeml.ops.base import KernelCall
from edgeml.ops.fixed_point import quantize_multiplier
from edgeml.ops.integer_form import IntegerForm, integer_form, rule, thresholds
from edgeml.ops.requantize import requantize
from edgeml.ops.short_form import ShortForm, short_form

Form = IntegerForm | ShortForm

needs_host_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def _scales(rng: np.random.Generator, channels: int, tflm: bool, low: float = 5e-5, high: float = 0.06) -> Array:
    scale = np.exp(rng.uniform(np.log(low), np.log(high), channels)).astype(np.float32)
    return quantize_multiplier(scale.astype(np.float64)) if tflm else scale


def _ranges(rng: np.random.Generator, channels: int, most: int) -> tuple[Array, Array]:
    ends = rng.integers(-most, most, (2, channels))
    return ends.min(0), ends.max(0)


def _check(form: IntegerForm | ShortForm, scale: Array, zero: int, low: int, high: int, acc: Array) -> None:
    """The form's results for `acc` (N, A), int64, are the reference's."""
    rows = form.proved
    want = np.stack(
        [requantize(a, s, zero, low, high) for a, s in zip(acc[rows].astype(np.int32), scale[rows], strict=True)]
    )
    np.testing.assert_array_equal(form.apply(acc.T, low, high).T[rows], want)


@pytest.mark.parametrize("tflm", [False, True])
@pytest.mark.parametrize("most", [700, 60_000])
def test_proved_channels_are_exact_for_every_sum(tflm: bool, most: int) -> None:
    rng = np.random.default_rng(most)
    for _ in range(12):
        zero = int(rng.integers(-128, 128))
        low, high = (-128, 127) if rng.random() < 0.5 else sorted(rng.integers(-128, 128, 2).tolist())
        scale = _scales(rng, 8, tflm, 1e-4, 0.4)
        below, above = _ranges(rng, 8, most)
        form = integer_form(scale, zero, low, high, below, above)
        for i in np.flatnonzero(form.proved):
            acc = np.arange(below[i], above[i] + 1)
            one = IntegerForm(form.multiplier[[i]], form.addend[[i]], form.offset[[i]], form.shift)
            _check(one, scale[[i]], zero, low, high, acc[None])


@pytest.mark.parametrize("tflm", [False, True])
@pytest.mark.parametrize("most", [700, 60_000])
def test_short_forms_are_exact_for_every_sum(tflm: bool, most: int) -> None:
    rng = np.random.default_rng(most)
    for _ in range(12):
        zero = int(rng.integers(-128, 128))
        low, high = (-128, 127) if rng.random() < 0.5 else sorted(rng.integers(-128, 128, 2).tolist())
        scale = _scales(rng, 8, tflm, 1e-4, 0.4)
        below, above = _ranges(rng, 8, most)
        form = short_form(scale, zero, low, high, below, above)
        assert tflm or form.proved.any()
        for i in np.flatnonzero(form.proved):
            acc = np.arange(below[i], above[i] + 1)
            one = ShortForm(form.multiplier[[i]], form.addend[[i]], form.shift[[i]])
            _check(one, scale[[i]], zero, low, high, acc[None])


@pytest.mark.parametrize("search", [integer_form, short_form])
@pytest.mark.parametrize("tflm", [False, True])
def test_proved_channels_are_exact_around_all_thresholds(tflm: bool, search: Callable[..., Form]) -> None:
    rng = np.random.default_rng(5)
    for most in (2**18, 2**23, 2**31 - 1):
        zero, channels = int(rng.integers(-128, 128)), 400
        scale = _scales(rng, channels, tflm)
        below, above = _ranges(rng, channels, most)
        form = search(scale, zero, -128, 127, below, above)
        _, least = thresholds(scale, zero, -128, 127, below, above)
        near = np.concatenate([least + d for d in range(-2, 3)], 1)
        some = rng.integers(below[:, None], above[:, None] + 1, (channels, 500))
        acc = np.clip(np.concatenate([near, some], 1), below[:, None], above[:, None])
        _check(form, scale, zero, -128, 127, acc)
        rule_name = "tflm" if tflm else "litert"
        print(f"{search.__name__}, |sum| < {most:,}, {rule_name}: {form.proved.mean():.1%} of the channels")
        assert tflm or most > 2**18 or form.proved.mean() > 0.8


def test_the_usual_channels_nearly_all_have_a_form() -> None:
    rng = np.random.default_rng(1)
    scale = _scales(rng, 2000, False, 0.002, 0.02)
    largest = rng.integers(2**15, 2**18, 2000)
    form = integer_form(scale, -128, -128, 127, -largest, largest)
    print(f"{form.proved.mean():.1%}")
    assert form.proved.mean() > 0.93
    short = short_form(scale, -128, -128, 127, -largest, largest)
    print(f"{short.proved.mean():.1%} without a long multiplication")
    assert short.proved.mean() > 0.93


def test_channels_without_an_exact_form_are_found() -> None:
    # a power of two: sums on a half go to the even neighbour, which no line does
    scale = np.array([2.0**-7, 0.008123], np.float32)
    ends = np.array([20_000, 20_000])
    form = integer_form(scale, 3, -128, 127, -ends, ends)
    assert form.proved.tolist() == [False, True]
    rescale, rest = form.tables(scale)
    assert rescale.data[0].tolist() == [0, 0]
    assert rest.data.tolist() == [2.0**-7]
    assert summary(KernelCall("any", {}, (rescale, rest))) == "float: 1 of 2 channels have no exact integer form"


def test_sums_outside_int32_and_large_scales_have_no_form() -> None:
    ends = np.array([2**31 - 1])
    assert not integer_form(np.array([1e-8], np.float32), 0, -128, 127, -ends, ends).proved.any()
    assert not integer_form(np.array([0.75], np.float32), 0, -128, 127, -(ends >> 16), ends >> 16).proved.any()
    big = quantize_multiplier(np.array([300.0]))
    assert not integer_form(big, 0, -128, 127, -(ends >> 4), ends >> 4).proved.any()


def test_constant_channels_have_a_form() -> None:
    zero, one = np.array([0]), np.array([1])
    form = integer_form(np.array([0.01], np.float32), 5, -128, 127, zero, one)
    assert form.proved.all()
    assert form.apply(np.array([[0], [1]])).ravel().tolist() == [5, 5]
    assert integer_form(np.array([0.01], np.float32), 5, 7, 7, -one, one).apply(zero, 7, 7).tolist() == [7]


def test_thresholds_are_the_least_sums() -> None:
    scale, ends = np.array([0.013], np.float32), np.array([30_000])
    values, least = thresholds(scale, 9, -100, 90, -ends, ends)
    for v, t in zip(values, least[0], strict=True):
        got = rule(np.array([[t - 1, t]]), scale, 9, -100, 90)[0]
        assert got[0] < v <= got[1]


_PROGRAM = r"""
#include <stdio.h>
#include "rescale.h"
int main(void) {
  int32_t given[4];
  while (fread(given, sizeof given, 1, stdin) == 1) {
    const edgeml_rescale form = {given[1], given[2]};
    const edgeml_scale scale[1] = {1.0f};
    const int32_t result[] = {edgeml_rescale_s8(given[0], form, given[3]),
      edgeml_rescale_range_s8(given[0], form, given[3], -100, 100),
      edgeml_rescale_or_requantize(given[0], form, given[3], scale, 0, -128, 127)};
    if (fwrite(result, sizeof result, 1, stdout) != 1) return 2;
  }
  return 0;
}
"""


@needs_host_gcc
@pytest.mark.parametrize("flag", ["-DEDGEML_SHORT_MULTIPLY=0", "-DEDGEML_SHORT_MULTIPLY=1"])
def test_the_c_functions_compute_the_form(tmp_path: Path, flag: str) -> None:
    rng = np.random.default_rng(2)
    acc = rng.integers(-(2**31), 2**31, 20_000) >> rng.integers(0, 31, 20_000)
    multiplier = np.maximum(rng.integers(0, 2**31, 20_000) >> rng.integers(0, 30, 20_000), 1)
    addend, shift = rng.integers(-(2**29), 2**29, 20_000) >> rng.integers(0, 28, 20_000), rng.integers(0, 13, 20_000)
    ends = [(-(2**31), 2**31 - 1), (2**31 - 1, 2**31 - 1), (-(2**31), 1), (-1, 1), (0xFFFF, 0xFFFF), (-0x10000, 0xFFFF)]
    acc[: len(ends)], multiplier[: len(ends)] = zip(*ends, strict=True)
    (tmp_path / "program.c").write_text(_PROGRAM)
    command = ["gcc", "-std=c99", "-O2", "-fsanitize=undefined", "-fno-sanitize-recover=all", flag, f"-I{KERNELS}"]
    subprocess.run([*command, "program.c", "-o", "program"], cwd=tmp_path, check=True, timeout=120)
    given = np.stack([acc, multiplier, addend, shift], 1).astype("<i4").tobytes()
    done = subprocess.run([str(tmp_path / "program")], input=given, capture_output=True, timeout=60, check=True)
    full, narrow, either = np.frombuffer(done.stdout, "<i4").reshape(-1, 3).T
    real = ((acc * multiplier >> 32) + addend) >> shift
    np.testing.assert_array_equal(full, np.clip(real, -128, 127))
    np.testing.assert_array_equal(narrow, np.clip(real, -100, 100))
    np.testing.assert_array_equal(either, full)


_SHORT = r"""
#include <stdio.h>
#include "rescale.h"
int main(void) {
  int32_t given[3];
  while (fread(given, sizeof given, 1, stdin) == 1) {
    const edgeml_rescale form = {given[1], given[2]};
    const edgeml_scale scale[1] = {1.0f};
    const int32_t sums[2] = {given[0] - 1, given[0]};
    int8_t result[4] = {99, 99, 99, 99};
    edgeml_rescale_short_or_requantize(form, 1, sums, scale, 0, -128, 127, result, 2, 2);
    if (fwrite(result, sizeof result, 1, stdout) != 1) return 2;
  }
  return 0;
}
"""


@needs_host_gcc
def test_the_short_form_in_c_is_that_of_python(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    scale = _scales(rng, 400, False, 1e-4, 0.3)
    largest = rng.integers(1, 2**22, 400)
    form = short_form(scale, 7, -128, 127, -largest, largest)
    acc = rng.integers(-largest[:, None], largest[:, None], (400, 50))
    rescale, _ = form.tables(scale)
    rows = np.concatenate([acc[..., None], np.broadcast_to(rescale.data[:, None], (400, 50, 2))], -1)[form.proved]
    (tmp_path / "program.c").write_text(_SHORT)
    command = ["gcc", "-std=c99", "-O2", "-fsanitize=undefined", "-fno-sanitize-recover=all", f"-I{KERNELS}"]
    subprocess.run([*command, "program.c", "-o", "program"], cwd=tmp_path, check=True, timeout=120)
    given = rows.astype("<i4").tobytes()
    done = subprocess.run([str(tmp_path / "program")], input=given, capture_output=True, timeout=60, check=True)
    got = np.frombuffer(done.stdout, np.int8).reshape(-1, 50, 4)
    np.testing.assert_array_equal(got[..., 0], form.apply(acc.T).T[form.proved])
    np.testing.assert_array_equal(got[..., 2], form.apply(acc.T + 1).T[form.proved])
    assert (got[..., [1, 3]] == 99).all()
