"""Small graphs that remember: a counter, a delay line, a ring of frames."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from edgeml.ir import Array, DType, Graph, GraphBuilder, Quantization
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.reshape import ReshapeAttrs

Q = Quantization.per_tensor


def running_sum(int8: bool = False, initial: Array | None = None) -> Graph:
    """y = relu(total) where total grows by every input; the old total is read before the new one is written."""
    q = Q(0.25, 3) if int8 else None
    dtype = DType.INT8 if int8 else DType.FLOAT32
    b = GraphBuilder("running sum", OPS)
    x = b.input("x", (1, 3), dtype, q)
    old = b.state("total", (1, 3), dtype, q)
    new = b.add("add", [old, x], BinaryAttrs(), name="sum", quantization=q)
    y = b.add("relu", [new], name="y", quantization=q)
    first = "" if initial is None else b.constant("start", initial, q)
    b.next_state(old, new, first)
    return b.build([y])


def delay_line(int8: bool = False, taps: int = 3) -> Graph:
    """Dense layer over the last `taps` frames, which are one state each: every state's next value is another's old."""
    rng = np.random.default_rng(5)
    q = Q(0.05, -7) if int8 else None
    dtype = DType.INT8 if int8 else DType.FLOAT32
    b = GraphBuilder("delay line", OPS)
    x = b.input("x", (1, 4), dtype, q)
    frames = [b.state(f"frame{i}", (1, 4), dtype, q) for i in range(taps - 1)] + [x]
    window = b.add("concatenation", frames, ConcatenationAttrs(1), name="window", quantization=q)
    w = rng.normal(size=(2, 4 * taps)).astype(np.float32)
    if int8:
        codes = np.clip(np.rint(w * 40), -127, 127).astype(np.int8)
        weights = b.constant("w", codes, Quantization.per_channel([1 / 40, 1 / 40], 0))
    else:
        weights = b.constant("w", w)
    attrs = FullyConnectedAttrs(Activation.NONE)
    y = b.add("fully_connected", [window, weights, ""], attrs, name="y", quantization=Q(0.1, 2) if int8 else None)
    for old, new in pairwise(frames):
        b.next_state(old, new)
    return b.build([y])


def swap() -> Graph:
    """Two states that change places in every run; the first starts at one."""
    b = GraphBuilder("swap", OPS)
    x = b.input("x", (1, 2))
    left, right = b.state("left", (1, 2)), b.state("right", (1, 2))
    y = b.add("add", [x, left], BinaryAttrs(), name="y")
    b.next_state(left, right, b.constant("one", np.ones((1, 2), np.float32)))
    b.next_state(right, left)
    return b.build([y])


def output_is_state(int8: bool = False) -> Graph:
    """An average that forgets: the output itself is the next state, and a reshape of the state is an output too."""
    q = Q(0.1, 10) if int8 else None
    dtype = DType.INT8 if int8 else DType.FLOAT32
    b = GraphBuilder("leaky", OPS)
    x, old = b.input("x", (1, 4), dtype, q), b.state("mean", (1, 4), dtype, q)
    half = (
        b.constant("half", np.full((1, 4), 64, np.int8), Q(1 / 128, 0))
        if int8
        else b.constant("half", np.float32([[0.5] * 4]))
    )
    kept = b.add("mul", [old, half], BinaryAttrs(), name="kept", quantization=q)
    new = b.add("add", [kept, x], BinaryAttrs(), name="new", quantization=q)
    seen = b.add("reshape", [old], ReshapeAttrs((1, 2, 2)), name="seen", quantization=q)
    b.next_state(old, new)
    return b.build([new, seen])


ALL = {
    "running_sum": running_sum,
    "running_sum_int8": lambda: running_sum(True, np.full((1, 3), 9, np.int8)),
    "delay_line": delay_line,
    "delay_line_int8": lambda: delay_line(True),
    "swap": swap,
    "output_is_state": output_is_state,
    "output_is_state_int8": lambda: output_is_state(True),
}


def frames(graph: Graph, count: int = 12, seed: int = 0) -> dict[str, Array]:
    """Random frames for each input, (count, …)."""
    rng = np.random.default_rng(seed)
    found: dict[str, Array] = {}
    for tensor in graph.input_tensors:
        shape = (count, *tensor.shape[1:])
        if tensor.dtype is DType.INT8:
            found[tensor.name] = rng.integers(-128, 128, shape).astype(np.int8)
        else:
            found[tensor.name] = rng.normal(size=shape).astype(np.float32)
    return found
