"""Weights without their zeros: nothing is lost, zeros are left out, and the sparse kernels are taken where they win."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="needs unicorn")

from edgeml.backends import c99
from edgeml.backends.c99.selection import PORTABLE, Optimize, choose
from edgeml.backends.c99.selection.choose import OPTIMIZE
from edgeml.backends.c99.selection.conv_2d_single_sparse_dsp import singles
from edgeml.backends.c99.selection.sparse import TURN, Fours, fours
from edgeml.backends.c99.selection.sparse_bytes import ByteFours, byte_fours
from edgeml.ir import Array, Graph
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.targets.cores import CORES
from edgeml.targets.emulator import EmulatedTarget
from tests.backends.c99.selection.zeros import keep
from tests.contract.cases import Draft

# the kernels of conv_2d and of fully_connected on each core
SPARSE = {
    "cortex-m0plus": ("conv_2d_sparse_short_pairs_s8", "fully_connected_sparse_short_s8"),
    "cortex-m3": ("conv_2d_sparse_pairs_s8", "fully_connected_sparse_s8"),
    "cortex-m4": ("conv_2d_sparse_dsp_s8", "fully_connected_sparse_dsp_s8"),
}
OPERATORS = ("conv_2d", "fully_connected")
ON_CORES = pytest.mark.parametrize(
    ("core", "op", "kernel"),
    [(c, op, k) for c, names in SPARSE.items() for op, k in zip(OPERATORS, names, strict=True)],
)
# how far an estimate may be off
FACTOR = 1.25


def _restored(kept: Fours, rows: int, size: int) -> Array:
    w = np.zeros((rows, -(-size // 4) * 4), np.int8)
    at = 0
    for row, count in enumerate(kept.counts.tolist()):
        place = -1
        for step, word in zip(kept.steps[at : at + count], kept.words[at : at + count], strict=True):
            place += int(step) + 1
            w[row, 4 * place : 4 * place + 4] = np.array([word], "<i4").view(np.int8)
        at += count
    return w[:, :size]


def _restored_bytes(kept: ByteFours, rows: int, size: int) -> Array:
    w = np.zeros((rows, -(-size // 4) * 4), np.int64)
    fours_of = iter(kept.data.tolist())
    for row, count in enumerate(kept.counts.tolist()):
        place = -1
        for step, *four in (next(fours_of) for _ in range(count)):
            place += step + 1
            w[row, 4 * place : 4 * place + 4] += four
    return w[:, :size]


@pytest.mark.parametrize("limited", [True, False])
@pytest.mark.parametrize("size", [1, 7, 64, 5000])
@pytest.mark.parametrize("density", [0, 0.001, 0.2, 1])
def test_fours_in_bytes_keep_all_weights_and_stay_within_16_bits(size: int, density: float, limited: bool) -> None:
    rng = np.random.default_rng(size)
    w = np.where(keep((6, size), "block", density, rng), rng.integers(-128, 128, (6, size)), 0).astype(np.int8)
    kept = byte_fours(w, limited=limited)
    np.testing.assert_array_equal(_restored_bytes(kept, 6, size), w)
    assert kept.data[:, 0].min(initial=0) >= (-1 if limited else 0)
    if limited:
        assert np.abs(kept.data[:, 1:].astype(int)).sum(1).max(initial=0) * 128 < 2**15


@pytest.mark.parametrize("size", [1, 7, 64, 5000])
@pytest.mark.parametrize("density", [0, 0.001, 0.2, 1])
@pytest.mark.parametrize("pattern", ["element", "block", "n_of_m", "channels", "far"])
def test_fours_keep_all_weights_and_leave_out_zeros(size: int, density: float, pattern: str) -> None:
    rng = np.random.default_rng(size)
    w = np.where(keep((6, size), pattern, density, rng), rng.integers(-128, 128, (6, size)), 0).astype(np.int8)
    kept = fours(w)
    np.testing.assert_array_equal(_restored(kept, 6, size), w)
    blocks = np.pad(w, ((0, 0), (0, -size % 4))).reshape(6, -1, 4).any(2)
    assert blocks.sum() <= len(kept.words) <= blocks.sum() + blocks.size // 256
    turns = (kept.turns >> 16) + 1
    np.testing.assert_array_equal(turns * TURN - (kept.turns & 0xFFFF), kept.counts)


@pytest.mark.parametrize("size", [4, 64, 5000])
@pytest.mark.parametrize("density", [0, 0.001, 0.2, 1])
def test_single_weights_are_kept_and_no_zeros(size: int, density: float) -> None:
    rng = np.random.default_rng(size)
    w = np.where(keep((6, size), "element", density, rng), rng.integers(-128, 128, (6, size)), 0).astype(np.int8)
    kept = singles(w)
    found, rows = np.zeros_like(w), iter(kept.data.tolist())
    for (channel, half), turns in np.ndenumerate(kept.turns):
        group = -1
        for _ in range(((turns >> 16) + 1) * TURN - (turns & 0xFFFF)):
            step, weight = next(rows)
            group += step + 1
            found[channel, group // 2 * 4 + group % 2 + 2 * half] += np.uint8(weight).astype(np.int8)
    assert next(rows, None) is None
    np.testing.assert_array_equal(found, w)
    assert np.count_nonzero(w) <= len(kept.data) <= np.count_nonzero(w) + 12 * (size // 512)


@pytest.mark.parametrize(
    ("pattern", "kernel"), [("element", "conv_2d_single_sparse_dsp_s8"), ("block", "conv_2d_sparse_dsp_s8")]
)
def test_the_format_follows_the_pattern_of_the_zeros(pattern: str, kernel: str) -> None:
    for optimize in OPTIMIZE:
        if optimize != "ram":
            chosen = choose(layer("conv_2d", 0.2, pattern), CORES["cortex-m4"].machine, optimize)
            assert chosen[0].call.kernel == kernel


def layer(op: str, density: float, pattern: str = "block") -> Graph:
    """A layer with so many of its weights left: 3x3, 16 to 32 channels on 8 by 8 pixels, or 256 to 64."""
    rng = np.random.default_rng(1)
    d = Draft(rng, True)
    q = d.quantization()
    shape = (32, 3, 3, 16) if op == "conv_2d" else (64, 256)
    x = d.input((1, 8, 8, 16) if op == "conv_2d" else (1, 256), q)
    w = d.weights(shape, 0)
    attrs = Conv2DAttrs((1, 1), (1, 1, 1, 1)) if op == "conv_2d" else FullyConnectedAttrs(d.activation())
    graph = d.build(op, [x, w, d.bias(x, w, shape[0])], attrs, d.output_for_sum(q, 0.01, shape[-1]))
    tensor = graph.tensors[w]
    assert tensor.data is not None
    data = np.where(keep(shape, pattern, density, rng), tensor.data, 0).astype(np.int8)
    data.flags.writeable = False
    return graph.with_tensors({w: replace(tensor, data=data)})


@pytest.mark.parametrize("optimize", ["speed", "size", "balanced"])
@ON_CORES
def test_the_sparse_kernel_is_taken_where_it_wins(core: str, op: str, kernel: str, optimize: Optimize) -> None:
    machine = CORES[core].machine
    chosen = choose(layer(op, 0.2), machine, optimize)[0].call.kernel
    # the one with the least bytes may be another core's
    assert chosen == kernel if optimize == "speed" else "sparse" in chosen
    assert "sparse" not in choose(layer(op, 1), machine, optimize)[0].call.kernel


@pytest.mark.parametrize("op", OPERATORS)
def test_plain_c_leaves_out_zeros_too(op: str) -> None:
    assert "sparse" in choose(layer(op, 0.2), PORTABLE, "balanced")[0].call.kernel
    assert "sparse" not in choose(layer(op, 1), PORTABLE, "balanced")[0].call.kernel


@pytest.mark.needs_gcc
@ON_CORES
def test_instructions_and_bytes_fall_with_the_weights_that_are_left(
    core: str, op: str, kernel: str, tmp_path: Path
) -> None:
    counted, flash = [], []
    for density in (1, 0.2, 0):
        folder = tmp_path / str(density)
        graph = layer(op, density)
        entry = c99.emit(graph, folder, machine=CORES[core].machine, optimize="speed").layers[0]
        # where nothing is left, any kernel that leaves out zeros will do
        assert (entry.kernel == kernel) if 0 < density < 1 else ("sparse" in entry.kernel) == (density < 1)
        x = np.random.default_rng(0).integers(-128, 128, graph.input_tensors[0].shape).astype(np.int8)
        counted.append(EmulatedTarget(folder, core, "gcc").profile(x).layers[0].instructions)
        flash.append(entry.cost["flash"])
        assert 1 / FACTOR <= counted[-1] / entry.cost["instructions"] <= FACTOR
    assert counted == sorted(counted, reverse=True)
    assert counted[1] < 0.65 * counted[0]
    assert flash == sorted(flash, reverse=True)
    assert flash[1] < 0.5 * flash[0]
