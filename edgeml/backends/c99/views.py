"""Tensors that are parts of others: reshapes, slices and joins that need no copy because memory is shared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from edgeml.ir import Graph, Node, Tensor
from edgeml.ops.common import Activation
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.strided_slice import StridedSliceAttrs

# kernels may ask for words: a view begins at one
_WORD = 4


@dataclass(frozen=True)
class Views:
    """`storage` maps each activation to the tensor whose memory it uses (mostly itself), `shift` to its first byte in
    there where that is not 0. The nodes in `skipped` do nothing that way."""

    storage: Mapping[str, str]
    shift: Mapping[str, int]
    skipped: frozenset[int]


def share_views(graph: Graph) -> Views:
    """The views of a graph.

    A group of tensors that share memory may hold one graph output, which then owns the memory, and no graph
    input or state beside it: those lie in different memory of the caller.
    """
    groups = _Groups(graph)
    skipped = frozenset(i for i, node in enumerate(graph.nodes) if groups.join(node))
    return Views(groups.owner, {n: s for n, s in groups.shift.items() if s}, skipped)


class _Groups:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.owner = {name: name for name in (*graph.given, *(o for n in graph.nodes for o in n.outputs))}
        self.shift = dict.fromkeys(self.owner, 0)
        # memory whose place the states decide
        self._states = {n for s in graph.states for n in (s.input, s.output)}

    def join(self, node: Node) -> bool:
        """Whether the node's output may lie in the memory of its input, or its inputs in that of its output."""
        if node.op == "reshape":
            return self._reshape(node)
        if node.op == "strided_slice":
            return self._slice(node)
        return node.op == "concatenation" and self._concatenation(node)

    def _reshape(self, node: Node) -> bool:
        x, after = node.inputs[0], node.outputs[0]
        if x not in self.owner:
            return False
        before = self.owner[x]
        if after not in self._graph.outputs:
            self.owner[after], self.shift[after] = before, self.shift[x]
            return True
        if before in self._graph.outputs or before in self._graph.given or self._bytes(before) != self._bytes(after):
            return False
        self._move(before, after, 0)
        return True

    def _slice(self, node: Node) -> bool:
        """A part that is one run of bytes."""
        x, after, attrs = node.inputs[0], node.outputs[0], node.attrs
        assert isinstance(attrs, StridedSliceAttrs)
        if x not in self.owner or self.owner[x] in self._states or after in self._graph.kept:
            return False
        tensor = self._graph.tensor(x)
        cut = next((d for d, n in enumerate(tensor.shape) if n > 1), 0)
        if attrs.size[cut + 1 :] != tensor.shape[cut + 1 :] or set(attrs.stride) != {1}:
            return False
        shift = self.shift[x] + attrs.begin[cut] * _bytes_below(tensor, cut)
        if shift % _WORD:
            return False
        self.owner[after], self.shift[after] = self.owner[x], shift
        return True

    def _concatenation(self, node: Node) -> bool:
        """Parts that lie one behind the other, each of which nothing else decides where to lie."""
        y, attrs = node.outputs[0], node.attrs
        assert isinstance(attrs, ConcatenationAttrs)
        outer = math.prod(self._graph.tensor(y).shape[: attrs.axis])
        if outer != 1 or attrs.activation is not Activation.NONE or y in self._states:
            return False
        if len(set(node.inputs)) < len(node.inputs):
            return False
        places, end = {}, 0
        for name in node.inputs:
            fixed = self.owner.get(name) != name or name in self._graph.given or name in self._graph.kept
            if fixed or end % _WORD:
                return False
            places[name] = end
            end += self._bytes(name)
        if end != self._bytes(y) or any(o in self._graph.outputs for n in places for o in self._group(n)):
            return False
        for name, place in places.items():
            self._move(name, y, place)
        return True

    def _group(self, owner: str) -> list[str]:
        return [n for n, o in self.owner.items() if o == owner]

    def _move(self, before: str, after: str, shift: int) -> None:
        """All that lies in the memory of `before` goes to that of `after`, from byte `shift` on."""
        for name in self._group(before):
            self.owner[name] = after
            self.shift[name] += shift

    def _bytes(self, name: str) -> int:
        return self._graph.tensor(name).type.nbytes


def _bytes_below(tensor: Tensor, axis: int) -> int:
    """Bytes from one index of `axis` to the next."""
    return math.prod(tensor.shape[axis + 1 :]) * tensor.dtype.numpy.itemsize
