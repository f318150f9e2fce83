"""The soft float gives the bits of the host's hardware, on millions of random patterns and all kinds of edges."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

from edgeml.project import firmware_dir
from edgeml.targets.toolchain import compile_shared_library, find_toolchain, has_toolchain, shared_library_suffix

pytestmark = pytest.mark.needs_cc

EDGES = np.array(
    [0, 1, 2, 0x7FFFFF, 0x800000, 0x800001, 0xFFFFFF, 0x1000000, 0x3F000000, 0x3F7FFFFF, 0x3F800000, 0x3F800001,
     0x3FC00000, 0x40000000, 0x4B000000, 0x4B7FFFFF, 0x4B800000, 0x4EFFFFFF, 0x4F000000, 0x4F7FFFFF, 0x4F800000,
     0x5EFFFFFF, 0x5F000000, 0x5F800000, 0x7F000000, 0x7F7FFFFF, 0x7F800000, 0x7F800001, 0x7FC00000, 0x7FFFFFFF],
    np.uint32,
)  # fmt: skip


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    output = tmp_path_factory.mktemp("softfloat") / f"softfloat{shared_library_suffix()}"
    toolchain = find_toolchain("zig" if has_toolchain("zig") else "gcc")
    driver = Path(__file__).with_name("softfloat_driver.c")
    return ctypes.CDLL(str(compile_shared_library(toolchain, [driver], output, include=[firmware_dir()])))


def pairs(seed: int, n: int = 1_000_000) -> tuple[np.ndarray, np.ndarray]:
    """Random patterns, patterns close to each other (cancellation), small ones, and all pairs of edges."""
    rng = np.random.default_rng(seed)
    a, b = rng.integers(0, 2**32, (2, n), dtype=np.uint32)
    near = a ^ rng.integers(0, 2**26, n, dtype=np.uint32)
    low = rng.integers(0, 2**25, (2, n), dtype=np.uint32) | (rng.integers(0, 2, (2, n), dtype=np.uint32) << 31)
    edges = np.concatenate([EDGES, EDGES | np.uint32(1 << 31)])
    ea, eb = (e.ravel() for e in np.meshgrid(edges, edges))
    # few significant bits: the sums and products that land exactly between two floats
    ties = rng.integers(0, 2**32, (2, n), dtype=np.uint32) & np.uint32(0xFFFFF000)
    unit = (rng.integers(0, 2**23, (2, n), dtype=np.uint32)) | np.uint32(0x3F800000)
    left = np.concatenate([a, a, low[0], low[0], ea, ties[0], unit[0]])
    right = np.concatenate([b, near, low[1], b, eb, ties[1], unit[1]])
    return left.view(np.float32), right.view(np.float32)


def pointer(array: np.ndarray) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def assert_same_bits(found: np.ndarray, wanted: np.ndarray) -> None:
    """Equal patterns; any NaN for any NaN, because processors disagree on which."""
    wrong = (found.view(np.uint32) != wanted.view(np.uint32)) & ~(np.isnan(found) & np.isnan(wanted))
    assert not wrong.any(), (np.flatnonzero(wrong)[:5], found[wrong][:5], wanted[wrong][:5])


@pytest.mark.parametrize(
    ("operation", "reference"),
    [(0, np.add), (1, np.subtract), (2, np.multiply), (3, np.divide), (4, lambda a, b: np.subtract(b, a))],
    ids=["fadd", "fsub", "fmul", "fdiv", "frsub"],
)
def test_arithmetic_equals_hardware(library: ctypes.CDLL, operation: int, reference) -> None:
    a, b = pairs(operation)
    found = np.empty_like(a)
    library.run_binary(operation, len(a), pointer(a), pointer(b), pointer(found))
    with np.errstate(all="ignore"):
        assert_same_bits(found, reference(a, b))


def test_nan_operands_come_out_as_arm_gives_them(library: ctypes.CDLL) -> None:
    a = np.array([0x7FC00001, 0xFFC00002, 0x3F800000, 0x7F800000, 0x7FC00001, 0x7FC00009], np.uint32).view(np.float32)
    b = np.array([0x7FC00005, 0x7F800003, 0xFFC00004, 0xFF800000, 0x3F800000, 0x7F800007], np.uint32).view(np.float32)
    found = np.empty_like(a)
    library.run_binary(0, len(a), pointer(a), pointer(b), pointer(found))
    # the first quiet; the signalling one made quiet; the only one; inf - inf gives the default
    wanted = [0x7FC00001, 0x7FC00003, 0xFFC00004, 0x7FC00000, 0x7FC00001, 0x7FC00007]
    assert [hex(v) for v in found.view(np.uint32)] == [hex(v) for v in wanted]


@pytest.mark.parametrize(
    ("operation", "reference"),
    [(0, np.equal), (1, np.less), (2, np.less_equal), (3, np.greater_equal), (4, np.greater),
     (5, lambda a, b: np.isnan(a) | np.isnan(b))],
    ids=["eq", "lt", "le", "ge", "gt", "un"],
)  # fmt: skip
def test_comparisons_equal_hardware(library: ctypes.CDLL, operation: int, reference) -> None:
    a, b = pairs(10 + operation, 200_000)
    found = np.empty(len(a), np.int32)
    library.run_compare(operation, len(a), pointer(a), pointer(b), pointer(found))
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(found, reference(a, b).astype(np.int32))


def test_floats_to_integers_truncate_and_saturate(library: ctypes.CDLL) -> None:
    a, _ = pairs(20, 300_000)
    outs = [np.empty(len(a), t) for t in (np.int32, np.uint32, np.int64, np.uint64)]
    library.run_to_integer(len(a), pointer(a), *map(pointer, outs))
    for out in outs:
        info = np.iinfo(out.dtype)
        with np.errstate(invalid="ignore"):  # signalling NaN patterns
            whole = np.trunc(np.nan_to_num(a.astype(np.float64), nan=0.0, posinf=1e30, neginf=-1e30))
        # as Python integers, because float64 cannot hold the largest 64-bit ones
        wanted = [min(max(int(v), info.min), info.max) for v in whole[:: max(len(a) // 50_000, 1)]]
        assert out[:: max(len(a) // 50_000, 1)].tolist() == wanted


def test_integers_to_floats_round_to_nearest_even(library: ctypes.CDLL) -> None:
    rng = np.random.default_rng(21)
    a = rng.integers(-(2**63), 2**63 - 1, 500_000) >> rng.integers(0, 63, 500_000)
    a = np.concatenate([a, [0, 1, -1, 2**24 + 1, 2**24 + 3, -(2**24) - 1, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63)]])
    outs = [np.empty(len(a), np.float32) for _ in range(4)]
    library.run_from_integer(len(a), pointer(a), *map(pointer, outs))
    for out, kind in zip(outs, (np.int32, np.uint32, np.int64, np.uint64), strict=True):
        assert_same_bits(out, a.astype(kind).astype(np.float32))
