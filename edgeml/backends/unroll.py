"""Recurrent operators as plain ones, step by step, for a format that cannot say where their states live.

LiteRT has no GRU, and its LSTM keeps its states to itself: an LSTM whose states are inputs, outputs or constants of the
graph is written out. Float32 only; each step of the sequence becomes a dozen operators.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from edgeml.errors import UnsupportedError
from edgeml.ir import Array, Attributes, BoundNode, DType, Graph, Node, Tensor, TensorType, verify
from edgeml.ops import OPS
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.recurrent import sequence_shape
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.ops.strided_slice import StridedSliceAttrs
from edgeml.ops.unidirectional_sequence_lstm import BIASES, CELL, HIDDEN, RECURRENT, WEIGHTS

MAX_STEPS = 512


def unroll_recurrence(graph: Graph, keep: Callable[[Graph, BoundNode], bool]) -> Graph:
    """`graph` with every LSTM and GRU written out, but for those that `keep` accepts."""
    nodes: list[Node] = []
    tensors: dict[str, Tensor] = {}
    for bound in graph.bound():
        write = _WRITERS.get(bound.node.op)
        if write is None or keep(graph, bound):
            nodes.append(bound.node)
            continue
        steps = _Steps(graph, bound, tensors)
        write(steps)
        nodes += steps.nodes
    return verify(graph.with_nodes(tuple(nodes), tensors), OPS) if tensors else graph


class _Steps:
    """The nodes that take the place of one recurrent node."""

    def __init__(self, graph: Graph, bound: BoundNode, tensors: dict[str, Tensor]) -> None:
        self.bound, self.nodes = bound, list[Node]()
        self._graph, self._tensors = graph, tensors
        attrs: Any = bound.node.attrs
        self.time_major: bool = attrs.time_major
        x = bound.input(0)
        self.batch, self.count, self.size = sequence_shape(bound.node.op, x.shape, self.time_major)
        self.units = bound.output.shape[2]
        if bound.output.dtype is not DType.FLOAT32 or self.count > MAX_STEPS:
            raise UnsupportedError(
                f"{bound.node.op} '{bound.name}': is written out step by step for LiteRT, in float32 and up to "
                f"{MAX_STEPS} steps. Got {bound.output.dtype.value} and {self.count}. Use the C export."
            )

    def constant(self, hint: str, data: Array) -> str:
        data = np.ascontiguousarray(data, np.float32)
        data.flags.writeable = False
        return self._add(hint, TensorType(data.shape, DType.FLOAT32), data)

    def data(self, index: int) -> Array:
        """A constant operand of the recurrent node."""
        data = self.bound.input(index).data
        if data is None:
            raise UnsupportedError(
                f"{self.bound.node.op} '{self.bound.name}': weights that are computed at run time have no spelling in "
                "LiteRT. Use the C export."
            )
        return data

    def emit(self, op: str, inputs: Sequence[str], attrs: Attributes, output: str = "") -> str:
        """A node; `output` names a tensor that the graph has already."""
        types = [self._type(n) for n in inputs]
        (type_,) = OPS[op].infer(attrs, types)
        name = output or self._add(op, type_)
        self.nodes.append(Node(op, name, tuple(inputs), (name,), attrs))
        return name

    def dense(self, x: str, weights: str, bias: str = "") -> str:
        return self.emit("fully_connected", [x, weights, *([bias] if bias else [])], FullyConnectedAttrs())

    def add(self, a: str, b: str, output: str = "") -> str:
        return self.emit("add", [a, b], BinaryAttrs(), output)

    def mul(self, a: str, b: str, output: str = "") -> str:
        return self.emit("mul", [a, b], BinaryAttrs(), output)

    def function(self, name: str, x: str) -> str:
        return self.emit(name, [x], Attributes())

    def gate(self, x: str, first: int, count: int = 1) -> str:
        """Gates `first` to `first + count` of the (B, gates * U) tensor `x`."""
        size = (self.batch, count * self.units)
        return self.emit("strided_slice", [x], StridedSliceAttrs((0, first * self.units), size, (1, 1)))

    def step(self, t: int) -> str:
        """x at time t, (B, I)."""
        begin, size = (
            ((t, 0, 0), (1, self.batch, self.size)) if self.time_major else ((0, t, 0), (self.batch, 1, self.size))
        )
        cut = self.bound.input(0).name
        if self.count > 1:
            cut = self.emit("strided_slice", [cut], StridedSliceAttrs(begin, size, (1, 1, 1)))
        return self.emit("reshape", [cut], ReshapeAttrs((self.batch, self.size)))

    def sequence(self, hidden: Sequence[str]) -> None:
        """The first output of the recurrent node from the hidden state after each step."""
        shape = (1, self.batch, self.units) if self.time_major else (self.batch, 1, self.units)
        y = self.bound.output.name
        if self.count == 1:
            self.emit("reshape", hidden, ReshapeAttrs(shape), y)
            return
        parts = [self.emit("reshape", [h], ReshapeAttrs(shape)) for h in hidden]
        while len(parts) > 8:  # concatenation takes a few inputs at a time
            parts = [self._join(parts[i : i + 8]) for i in range(0, len(parts), 8)]
        self._join(parts, y)

    def _join(self, parts: Sequence[str], output: str = "") -> str:
        return self.emit("concatenation", parts, ConcatenationAttrs(0 if self.time_major else 1), output)

    def _type(self, name: str) -> TensorType:
        return (self._tensors.get(name) or self._graph.tensor(name)).type

    def _add(self, hint: str, type_: TensorType, data: Array | None = None) -> str:
        base = f"{self.bound.name}/{hint}"
        name, count = base, 0
        while name in self._tensors or name in self._graph.tensors:
            count += 1
            name = f"{base}_{count}"
        self._tensors[name] = Tensor(name, type_, data)
        return name


def _lstm(s: _Steps) -> None:
    weights, recurrent, bias = (np.concatenate([s.data(i) for i in g]) for g in (WEIGHTS, RECURRENT, BIASES))
    w, r, b = s.constant("W", weights), s.constant("R", recurrent), s.constant("B", bias)
    h, c = s.bound.input(HIDDEN).name, s.bound.input(CELL).name
    clip = getattr(s.bound.node.attrs, "cell_clip", 0.0)
    if clip:
        raise UnsupportedError(
            f"{s.bound.node.op} '{s.bound.name}': a clipped cell is not written out. Use the C export."
        )
    _, last_h, last_c = (t.name for t in s.bound.outputs)
    hidden = []
    for t in range(s.count):
        last = t == s.count - 1
        gates = s.add(s.dense(s.step(t), w, b), s.dense(h, r))
        i, f, o = (s.function("logistic", s.gate(gates, g)) for g in (0, 1, 3))
        g = s.function("tanh", s.gate(gates, 2))
        c = s.add(s.mul(f, c), s.mul(i, g), last_c if last else "")
        h = s.mul(o, s.function("tanh", c), last_h if last else "")
        hidden.append(h)
    s.sequence(hidden)


def _gru(s: _Steps) -> None:
    u = s.units
    attrs: Any = s.bound.node.attrs
    weights, recurrent, wb, rb = (s.data(i) for i in range(1, 5))
    w, b = s.constant("W", weights), s.constant("WB", wb)
    # z and r see the old state at once, n after the reset
    r_zr, b_zr = s.constant("R_zr", recurrent[: 2 * u]), s.constant("RB_zr", rb[: 2 * u])
    r_n, b_n = s.constant("R_n", recurrent[2 * u :]), s.constant("RB_n", rb[2 * u :])
    minus, one = s.constant("minus", np.full((1, 1), -1.0)), s.constant("one", np.ones((1, 1)))
    h = s.bound.input(5).name
    hidden = []
    for t in range(s.count):
        seen = s.dense(s.step(t), w, b)
        zr = s.function("logistic", s.add(s.gate(seen, 0, 2), s.dense(h, r_zr, b_zr)))
        z, reset = s.gate(zr, 0), s.gate(zr, 1)
        linear = attrs.linear_before_reset
        after = s.mul(reset, s.dense(h, r_n, b_n)) if linear else s.dense(s.mul(reset, h), r_n, b_n)
        n = s.function("tanh", s.add(s.gate(seen, 2), after))
        kept = s.mul(s.add(s.mul(z, minus), one), n)
        h = s.add(kept, s.mul(z, h), s.bound.outputs[1].name if t == s.count - 1 else "")
        hidden.append(h)
    s.sequence(hidden)


_WRITERS: dict[str, Callable[[_Steps], None]] = {"unidirectional_sequence_lstm": _lstm, "gru": _gru}
