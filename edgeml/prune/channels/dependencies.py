"""Which channels must go together: every channel of every activation has a number, and numbers are joined.

A convolution or dense layer makes new channels. A residual add joins those of its two inputs one by one, a depthwise
convolution hands its input's on, a concatenation lines them up, flattening repeats them for every position. Channels of
the graph's inputs and outputs, of states, and of operators that are not known here stay.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from edgeml.ir import Array, BoundNode, DType, Graph

PRODUCERS = ("conv_2d", "fully_connected")
# operators whose every output channel reads the input channel of the same place
_THROUGH = frozenset(
    {
        "relu", "relu6", "relu_n1_to_1", "leaky_relu", "elu", "gelu", "hard_swish", "logistic", "tanh", "abs", "neg",
        "sqrt", "rsqrt", "exp", "max_pool_2d", "average_pool_2d", "resize_bilinear", "resize_nearest_neighbor",
    }
)  # fmt: skip
_TOGETHER = frozenset({"add", "sub", "mul", "div", "maximum", "minimum", "squared_difference", "prelu"})


@dataclass(frozen=True, eq=False)
class Channels:
    """`of` gives the number of each channel of an activation, int (channels,) along its last dimension.

    Channels with one number are one channel; those in `fixed` stay. `columns` gives the numbers that the columns of a
    dense layer read, by the node's name.
    """

    of: dict[str, Array]
    columns: dict[str, Array]
    fixed: frozenset[int]


def channel_dependencies(graph: Graph) -> Channels:
    """The channels of a canonical float32 `graph`."""
    return _Numbering(graph).run()


class _Numbering:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.parent: list[int] = []
        self.of: dict[str, Array] = {}
        self.columns: dict[str, Array] = {}
        self.fixed: list[int] = []

    def run(self) -> Channels:
        for name in self.graph.given:
            self.of[name] = self._new(self.graph.tensor(name).shape, fixed=True)
        for bound in self.graph.bound():
            self._node(bound)
        for name in self.graph.kept:
            self.fixed.extend(self.of[name].tolist())
        roots = np.array([self._root(i) for i in range(len(self.parent))])
        return Channels(
            {name: roots[ids] for name, ids in self.of.items()},
            {name: roots[ids] for name, ids in self.columns.items()},
            frozenset(int(roots[i]) for i in self.fixed),
        )

    def _node(self, bound: BoundNode) -> None:
        found = self._follow(bound)
        for index, tensor in enumerate(bound.outputs):
            if found is not None and index == 0 and len(bound.outputs) == 1:
                self.of[tensor.name] = found
            else:
                self.of[tensor.name] = self._new(tensor.shape, fixed=True)
        if found is None:
            for tensor in (t for t in bound.inputs if t is not None and not t.is_constant):
                self.fixed.extend(self.of[tensor.name].tolist())

    def _follow(self, bound: BoundNode) -> Array | None:
        """The numbers of the output's channels; None where nothing is known of the node."""
        op, first = bound.node.op, bound.inputs[0]
        if bound.output.dtype is not DType.FLOAT32 or first is None:
            return None
        if op in _TOGETHER:
            return self._together(bound)
        if first.is_constant:
            return None
        ids, attrs = self.of[first.name], bound.node.attrs
        if op in PRODUCERS:
            return self._produced(bound, ids)
        if op == "depthwise_conv_2d":
            return self._depthwise(bound, ids)
        if op in _THROUGH:
            return ids
        if op == "pad":
            paddings: Any = attrs
            return ids if paddings.paddings[-1] == (0, 0) else None
        if op in ("mean", "sum", "reduce_max", "reduce_min"):
            axes: Any = attrs
            return ids if len(first.shape) - 1 not in axes.axes else None
        if op == "reshape":
            return _spread(ids, first.type.elements, bound.output.shape[-1]) if bound.output.shape else None
        if op == "concatenation":
            return self._concatenated(bound)
        return None

    def _produced(self, bound: BoundNode, ids: Array) -> Array | None:
        weights = bound.input(1)
        shared = self._shared(bound)
        constants = all(t is None or t.is_constant for t in bound.inputs[1:])
        columns = _spread(ids, bound.input(0).type.elements, weights.shape[-1])
        if columns is None or shared or not constants or weights.dtype is not DType.FLOAT32:
            return None
        self.columns[bound.name] = columns
        return self._new(weights.shape[:1])

    def _depthwise(self, bound: BoundNode, ids: Array) -> Array | None:
        weights = bound.input(1)
        if self._shared(bound) or not weights.is_constant:
            return None
        return np.repeat(ids, weights.shape[-1] // len(ids))

    def _shared(self, bound: BoundNode) -> bool:
        """Whether another node reads the weights or the bias too."""
        return any(t is not None and len(self.graph.consumers(t.name)) > 1 for t in bound.inputs[1:])

    def _together(self, bound: BoundNode) -> Array | None:
        width = bound.output.shape[-1] if bound.output.shape else 0
        ids: Array | None = None
        for tensor in bound.inputs[:2]:
            assert tensor is not None
            if tensor.is_constant:
                if len(self.graph.consumers(tensor.name)) > 1 and tensor.shape[-1:] == (width,) and width > 1:
                    return None
                continue
            mine = self.of[tensor.name]
            if len(mine) != width:
                # one channel for all of the other's: it stays
                self.fixed.extend(mine.tolist())
            elif ids is None:
                ids = mine
            else:
                self._join(ids, mine)
        return ids

    def _concatenated(self, bound: BoundNode) -> Array | None:
        attrs: Any = bound.node.attrs
        if any(t is None or t.is_constant for t in bound.inputs):
            return None
        parts = [self.of[t.name] for t in bound.inputs if t is not None]
        if attrs.axis % len(bound.output.shape) == len(bound.output.shape) - 1:
            return np.concatenate(parts)
        for other in parts[1:]:
            self._join(parts[0], other)
        return parts[0]

    def _new(self, shape: tuple[int, ...], *, fixed: bool = False) -> Array:
        ids = np.arange(len(self.parent), len(self.parent) + (shape[-1] if shape else 1))
        self.parent.extend(ids.tolist())
        if fixed:
            self.fixed.extend(ids.tolist())
        return ids

    def _join(self, a: Array, b: Array) -> None:
        for one, other in zip(a.tolist(), b.tolist(), strict=True):
            self.parent[self._root(other)] = self._root(one)

    def _root(self, index: int) -> int:
        while self.parent[index] != index:
            self.parent[index] = self.parent[self.parent[index]]
            index = self.parent[index]
        return index


def _spread(ids: Array, elements: int, width: int) -> Array | None:
    """The channels along a last dimension of `width` when `elements` with channels `ids` are read in another shape."""
    if width == 0 or elements % len(ids) or elements % width:
        return None
    rows = np.tile(ids, elements // len(ids)).reshape(-1, width)
    return rows[0] if (rows == rows[0]).all() else None
