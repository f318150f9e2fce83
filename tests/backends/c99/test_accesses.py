"""What kernels declare to write over: run with input and output in one memory, as close as declared.

EDGEML_KERNEL_CASES sets how many random nodes each operator gets.
"""

from __future__ import annotations

import ctypes
import os
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest

from edgeml.backends.c99.accesses import SCRATCH, Overlap
from edgeml.backends.c99.selection import KERNELS, Kernel, Machine
from edgeml.backends.c99.selection.kernel import Portable
from edgeml.errors import UnsupportedError
from edgeml.ir import Array, BoundNode, DType
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Scratch
from tests.backends.c99.selection.nodes import random_node
from tests.backends.c99.simulator.kernels import call_kernel, copied, memory
from tests.contract.cases import CASES, random_inputs

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
COUNT = int(os.environ.get("EDGEML_KERNEL_CASES", "30"))


@dataclass(frozen=True)
class _Case:
    bound: BoundNode
    inputs: tuple[Array | None, ...]
    call: KernelCall
    overlaps: tuple[Overlap, ...]


def _node(kernel: Kernel, rng: np.random.Generator) -> tuple[BoundNode, tuple[Array | None, ...]]:
    """A random node, int8 or float32."""
    kinds = OPS[kernel.op].dtypes
    int8 = DType.INT8 in kinds and (DType.FLOAT32 not in kinds or rng.random() < 0.6)
    if kernel.packs or (int8 and kernel.op in ("conv_2d", "depthwise_conv_2d")):
        return random_node(kernel, rng)
    graph = CASES[kernel.op](rng, int8)
    values = {**random_inputs(graph, rng), **{t.name: t.data for t in graph.constants}}
    bound = next(iter(graph.bound()))
    return bound, tuple(values[n] if n else None for n in bound.node.inputs)


def _cases(kernel: Kernel, count: int) -> Iterator[_Case]:
    """Nodes of the kernel that let something overlap; fewer where there are few."""
    rng = np.random.default_rng(sum(map(ord, kernel.name)))
    machine = Machine("any", kernel.needs)
    for _ in range(count):
        try:
            bound, inputs = _node(kernel, rng)
        except UnsupportedError:
            continue
        if kernel.refusal(bound, machine):
            continue
        call = kernel.call(bound)
        if overlaps := kernel.accesses(bound, call):
            yield _Case(bound, inputs, call, overlaps)


def _run(case: _Case, overlap: Overlap, distance: int) -> Array:
    """The first output, with the overlap's input and output `distance` bytes apart and all else elsewhere."""
    bound, call = case.bound, case.call
    read = copied(np.asarray(case.inputs[overlap.read]))
    written = _bytes(call) if overlap.written == SCRATCH else bound.outputs[overlap.written].type.nbytes
    shared = memory(max(read.nbytes, distance + written) + max(-distance, 0))
    offset = max(-distance, 0)
    shared[offset : offset + read.nbytes] = read
    result = shared.ctypes.data + max(distance, 0)
    others = {k: copied(v) for k, v in enumerate(case.inputs) if v is not None and k != overlap.read}
    operands = {k: v.ctypes.data for k, v in others.items()} | {overlap.read: shared.ctypes.data + offset}
    output, scratch = memory(bound.output.type.nbytes), memory(_bytes(call))
    at = result if overlap.written == 0 else output.ctypes.data
    call_kernel(bound, call, operands, {0: at}, result if overlap.written == SCRATCH else scratch.ctypes.data)
    type_ = bound.output.type
    return np.frombuffer(ctypes.string_at(at, type_.nbytes), type_.dtype.numpy).reshape(type_.shape)


def _bytes(call: KernelCall) -> int:
    return sum(a.nbytes for a in call.args if isinstance(a, Scratch))


def _closest(case: _Case, overlap: Overlap) -> int:
    """The distance at which both share the most: as declared, on the alignment of the elements."""
    x = case.bound.input(overlap.read)
    align = max(x.dtype.numpy.itemsize, case.bound.output.dtype.numpy.itemsize, 4 if overlap.written == SCRATCH else 1)
    if overlap.step:
        return overlap.most
    return min(overlap.most, x.type.nbytes) // align * align


def _wanted(case: _Case) -> Array:
    return OPS[case.bound.node.op].reference(case.bound, *case.inputs)[0]


def _equal(got: Array, want: Array) -> bool:
    if want.dtype == np.float32:
        return np.allclose(got, want, rtol=1e-4, atol=1e-4, equal_nan=True)
    return np.array_equal(got, want)


_SELECTED: Sequence[Kernel] = [k for kernels in KERNELS.values() for k in kernels]
# operators with states have inputs that no case can share
_STATEFUL = ("svdf", "unidirectional_sequence_lstm", "gru")
_PORTABLE = [Portable(op) for op in CASES if OPS[op].kernels and op not in _STATEFUL]


@pytest.mark.parametrize("kernel", [*_SELECTED, *_PORTABLE], ids=lambda k: k.name)
def test_outputs_survive_the_closest_overlap_that_is_declared(kernel: Kernel) -> None:
    for case in _cases(kernel, COUNT):
        for overlap in case.overlaps:
            closest = _closest(case, overlap)
            for distance in {closest, closest - (overlap.step or 4), closest - 8 * (overlap.step or 4)}:
                got = _run(case, overlap, distance)
                assert _equal(got, _wanted(case)), (case.call.kernel, overlap, distance, case.call.params)


# kernels that most often have no room beyond what they declare
_TIGHT = ("conv_2d_dsp_s8", "depthwise_3x3_dsp_s8", "conv_2d", "depthwise_conv_2d", "pad", "dequantize")


@pytest.mark.parametrize("name", _TIGHT)
def test_closer_than_declared_is_caught(name: str) -> None:
    """The check above can fail: a pixel more, and many outputs are wrong."""
    kernel = next(k for k in (*_SELECTED, *_PORTABLE) if k.name == name)
    seen: Counter[bool] = Counter()
    for case in _cases(kernel, 4 * COUNT):
        for overlap in case.overlaps:
            x = case.bound.input(overlap.read)
            pixel = x.type.nbytes // x.type.elements * x.shape[-1]
            distance = _closest(case, overlap) + (overlap.step or -(-8 // pixel) * pixel)
            if overlap.written == 0 and overlap.most < 0 and distance < x.type.nbytes:
                seen[_equal(_run(case, overlap, distance), _wanted(case))] += 1
    assert seen[False] > sum(seen.values()) / 6, seen
