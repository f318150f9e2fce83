"""Transpose sinking: a transpose moves down through operators until another one cancels it.

Models in NCHW carry a transpose on either side of every convolution. Elementwise operators, reductions, slices and
joins compute the same in any order of dimensions; a flattening is absorbed by the weights of the fully connected
operator behind it. What is left stands where an operator or an output needs the order of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from edgeml.errors import EdgeMLError
from edgeml.ir import BoundNode, Graph, Node, Shape, Tensor, TensorType
from edgeml.ops import OPS
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.ops.transpose import TransposeAttrs, compose
from edgeml.passes.transpose_rules import BROADCASTING, RULES, Perm, inverse, is_identity


@dataclass(frozen=True)
class _Permuted:
    """A value that equals `transpose(source, perm)`; with `flat`, that transpose of `source` seen as `flat`,
    flattened again to the value's own shape."""

    source: str
    perm: Perm
    flat: Shape = ()


def sink_transposes(graph: Graph) -> Graph:
    """Move every transpose down as far as it goes; never more of them than before."""
    if not any(n.op == "transpose" for n in graph.nodes):
        return graph
    moved = _Sinking(graph).run()
    return moved if count_transposes(moved) <= count_transposes(graph) else graph


def count_transposes(graph: Graph) -> int:
    """Transposes that move data: not those that only shift dimensions of size 1."""
    return sum(1 for b in graph.bound() if b.node.op == "transpose" and not _keeps_order(b.input(0).shape, _perm(b)))


class _Sinking:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._tensors: dict[str, Tensor] = dict(graph.tensors)
        self._nodes: list[Node] = []
        # names of the old graph -> what they are in the new one
        self._permuted: dict[str, _Permuted] = {}
        self._same: dict[str, str] = {}
        # (source, perm) -> the transpose of it that exists
        self._made: dict[tuple[str, Perm], str] = {}
        # tensors computed in another order -> the name that they may have if nobody needs the old one
        self._renamed: dict[str, str] = {}

    def run(self) -> Graph:
        for node in self._graph.nodes:
            self._node(node)
        for name in (*self._graph.outputs, *(s.output for s in self._graph.states)):
            self._plain(name)
        return self._finished()

    def _node(self, node: Node) -> None:
        if node.op == "transpose":
            self._transpose(node)
        elif not self._sunk(node):
            inputs = tuple(self._plain(n) if n else "" for n in node.inputs)
            self._nodes.append(replace(node, inputs=inputs))

    def _sunk(self, node: Node) -> bool:
        """Emit the node in the order of its permuted operands; False when it must see the old order."""
        permuted = [self._permuted[n] for n in node.inputs if n in self._permuted]
        if not permuted or len(node.outputs) != 1:
            return False
        if any(p.flat for p in permuted):
            return self._flat(node, permuted[0])
        if node.op == "reshape":
            return self._reshape(node, permuted[0])
        return self._rule(node, permuted[0].perm)

    # Values

    def _final(self, name: str) -> str:
        return self._same.get(name, name)

    def _plain(self, name: str) -> str:
        """The value in its old order: the transpose is written now, once."""
        found = self._permuted.get(name)
        if found is None:
            return self._final(name)
        if found.flat:
            return self._plain_flat(name, found)
        key = (found.source, found.perm)
        if key not in self._made:
            self._nodes.append(Node("transpose", name, (found.source,), (name,), TransposeAttrs(found.perm)))
            self._made[key] = name
        return self._made[key]

    def _plain_flat(self, name: str, found: _Permuted) -> str:
        key = (found.source, found.perm)
        if key not in self._made:
            tensor = self._tensors[name]
            wide = self._reshaped(found.source, found.flat, f"{name}/wide")
            shape = tuple(found.flat[p] for p in found.perm)
            moved = self._new(f"{name}/transposed", replace(tensor.type, shape=shape))
            self._nodes.append(Node("transpose", moved, (wide,), (moved,), TransposeAttrs(found.perm)))
            self._nodes.append(Node("reshape", name, (moved,), (name,), ReshapeAttrs(tensor.shape)))
            self._made[key] = name
        return self._made[key]

    def _bind(self, old: str, new: str, perm: Perm) -> None:
        """Say that the old value is `transpose(new, perm)`."""
        if is_identity(perm):
            self._same[old] = new
        else:
            self._permuted[old] = _Permuted(new, perm)

    def _new(self, hint: str, type_: TensorType) -> str:
        name = hint
        while name in self._tensors:
            name += "_"
        self._tensors[name] = Tensor(name, type_)
        return name

    def _emit(self, node: Node, inputs: Sequence[str], attrs: object, shape: Shape) -> str:
        """The node on other operands, with an output of `shape`. Raises what the operator's rules raise."""
        old = node.outputs[0]
        new = self._new(f"{old}/moved", replace(self._tensors[old].type, shape=shape))
        made = Node(node.op, new, tuple(inputs), (new,), attrs)  # type: ignore[arg-type]
        try:
            self._check(made)
        except EdgeMLError:
            del self._tensors[new]
            raise
        self._nodes.append(made)
        self._renamed[new] = old
        return new

    def _check(self, node: Node) -> None:
        inputs = tuple(self._tensors[n] if n else None for n in node.inputs)
        bound = BoundNode(node, inputs, (self._tensors[node.outputs[0]],))
        operator = OPS[node.op]
        operator.check(bound)
        operator.infer(node.attrs, [t.type if t is not None else None for t in inputs])

    # Nodes

    def _transpose(self, node: Node) -> None:
        attrs = node.attrs
        assert isinstance(attrs, TransposeAttrs)
        before = self._permuted.get(node.inputs[0])
        if before is None or before.flat:
            self._bind(node.outputs[0], self._plain(node.inputs[0]), attrs.perm)
        else:
            self._bind(node.outputs[0], before.source, compose(before.perm, attrs.perm))

    def _rule(self, node: Node, perm: Perm) -> bool:
        rule = RULES.get(node.op)
        bound = self._graph.bind(node)
        found = rule(bound, perm) if rule is not None else None
        if found is None:
            return False
        operands = self._operands(node, perm, bound.output.shape)
        if operands is None:
            return False
        attrs, result = found
        shape = tuple(bound.output.shape[i] for i in inverse(result))
        try:
            self._bind(node.outputs[0], self._emit(node, operands, attrs, shape), result)
        except EdgeMLError:
            return False
        return True

    def _operands(self, node: Node, perm: Perm, shape: Shape) -> list[str] | None:
        """All operands in the source's order, or None when one of them would need a transpose for that."""
        back, operands = inverse(perm), []
        for index, name in enumerate(node.inputs):
            found = self._permuted.get(name)
            if found is not None and found.perm == perm and not found.flat:
                operands.append(found.source)
            elif node.op == "gather" and index == 1:
                operands.append(self._plain(name))
            elif node.op in BROADCASTING or node.op == "concatenation":
                other = self._reordered(name, back, len(shape))
                if other is None:
                    return None
                operands.append(other)
            else:
                return None
        return operands

    def _reordered(self, name: str, perm: Perm, rank: int) -> str | None:
        """`transpose(name, perm)` where that costs nothing: scalars, constants, sizes of 1, one that exists."""
        tensor = self._tensors[self._final(name)]
        if tensor.type.elements == 1 and len(tensor.shape) <= 1:
            return tensor.name
        per_channel = tensor.quantization is not None and tensor.quantization.axis is not None
        if name in self._permuted or len(perm) != rank or per_channel:
            return None
        shape = (1,) * (rank - len(tensor.shape)) + tensor.shape
        if len(shape) != rank:
            return None
        moved = tuple(shape[p] for p in perm)
        if tensor.data is not None:
            data = np.ascontiguousarray(tensor.data.reshape(shape).transpose(perm))
            data.flags.writeable = False
            new = self._new(f"{tensor.name}/moved", replace(tensor.type, shape=moved))
            self._tensors[new] = replace(self._tensors[new], data=data)
            return new
        made = self._made.get((tensor.name, perm))
        if made is not None:
            return made
        return self._reshaped(tensor.name, moved, f"{tensor.name}/moved") if _keeps_order(shape, perm) else None

    def _reshaped(self, name: str, shape: Shape, hint: str) -> str:
        tensor = self._tensors[name]
        if tensor.shape == shape:
            return name
        new = self._new(hint, replace(tensor.type, shape=shape))
        self._nodes.append(Node("reshape", new, (name,), (new,), ReshapeAttrs(shape)))
        return new

    def _reshape(self, node: Node, found: _Permuted) -> bool:
        """A reshape that keeps, drops or adds dimensions of 1 keeps the order; flattening is left to the weights."""
        old, shape = self._graph.tensor(node.inputs[0]).shape, self._graph.tensor(node.outputs[0]).shape
        source = self._tensors[found.source].shape
        if _keeps_order(source, found.perm):
            self._nodes.append(replace(node, inputs=(found.source,)))
            return True
        wide = [i for i, d in enumerate(old) if d > 1]
        if [old[i] for i in wide] == [d for d in shape if d > 1]:
            # dimensions of 1 follow the one before them
            places = iter(wide)
            keys: list[tuple[int, int]] = []
            for i, d in enumerate(shape):
                at = found.perm[next(places)] if d > 1 else (keys[-1][0] if keys else -1)
                keys.append((at, i))
            order = sorted(range(len(shape)), key=lambda i: keys[i])
            perm = tuple(order.index(i) for i in range(len(shape)))
            moved = tuple(shape[i] for i in order)
            new = self._emit(node, (found.source,), ReshapeAttrs(moved), moved)
            self._bind(node.outputs[0], new, perm)
            return True
        if self._flattens(node, old, shape):
            new = self._emit(node, (found.source,), ReshapeAttrs(shape), shape)
            self._permuted[node.outputs[0]] = _Permuted(new, found.perm, source)
            return True
        return False

    def _flattens(self, node: Node, old: Shape, shape: Shape) -> bool:
        """Whether the reshape makes one row, and only weights of fully connected operators read it in the end."""
        if [d for d in shape if d > 1] != [int(np.prod(old))]:
            return False
        return self._absorbed(node.outputs[0])

    def _absorbed(self, name: str) -> bool:
        users = self._graph.consumers(name)
        if not users or name in self._graph.outputs or name in {s.output for s in self._graph.states}:
            return False
        return all(
            _reads_row(self._graph.bind(u), name) or (_passes(u) and self._absorbed(u.outputs[0])) for u in users
        )

    def _flat(self, node: Node, found: _Permuted) -> bool:
        """Nodes that see a flattened value in the source's order."""
        if _passes(node):
            shape = self._graph.tensor(node.outputs[0]).shape
            attrs = ReshapeAttrs(shape) if node.op == "reshape" else node.attrs
            new = self._emit(node, (found.source,), attrs, shape)
            self._permuted[node.outputs[0]] = _Permuted(new, found.perm, found.flat)
            return True
        if not _reads_row(self._graph.bind(node), node.inputs[0]):
            return False
        weights = self._tensors[node.inputs[1]]
        assert weights.data is not None
        count, shape = weights.shape[0], tuple(found.flat[p] for p in found.perm)
        columns = weights.data.reshape(count, *shape).transpose(0, *(1 + i for i in inverse(found.perm)))
        data = np.ascontiguousarray(columns.reshape(weights.shape))
        data.flags.writeable = False
        new = self._new(f"{weights.name}/moved", weights.type)
        self._tensors[new] = replace(weights, name=new, data=data)
        rest = (self._plain(n) if n else "" for n in node.inputs[2:])
        self._nodes.append(replace(node, inputs=(found.source, new, *rest)))
        return True

    def _finished(self) -> Graph:
        """The new graph; tensors in another order take the old name where nobody needs it."""
        computed = {n for node in self._nodes for n in node.outputs}
        names = {new: old for new, old in self._renamed.items() if old not in computed and new in computed}
        copies = self._outputs(computed, names)

        def named(given: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(names.get(n, n) for n in given)

        nodes = tuple(
            replace(n, name=names.get(n.name, n.name), inputs=named(n.inputs), outputs=named(n.outputs))
            for n in (*self._nodes, *copies)
        )
        taken = set(names.values())
        tensors = {
            names.get(k, k): replace(t, name=names.get(k, k)) for k, t in self._tensors.items() if k not in taken
        }
        return replace(self._graph, tensors=tensors, nodes=nodes).with_nodes(nodes, tensors)

    def _outputs(self, computed: set[str], names: dict[str, str]) -> list[Node]:
        """Outputs whose transposes cancelled are the source itself, which takes the name, or else a copy of it."""
        wanted = dict.fromkeys((*self._graph.outputs, *(s.output for s in self._graph.states)))
        copies = []
        for name in wanted:
            source = self._plain(name)
            if source == name:
                continue
            if source in computed and source not in wanted and names.get(source) not in wanted:
                names[source] = name
            else:
                shape = self._tensors[name].shape
                copies.append(Node("reshape", name, (source,), (name,), ReshapeAttrs(shape)))
        return copies


def _perm(bound: BoundNode) -> Perm:
    attrs = bound.node.attrs
    assert isinstance(attrs, TransposeAttrs)
    return attrs.perm


def _keeps_order(shape: Shape, perm: Perm) -> bool:
    moved = [p for p in perm if shape[p] > 1]
    return moved == sorted(moved)


def _passes(node: Node) -> bool:
    """Operators of one operand that treat every element alike, and reshapes of a row to a row."""
    return len(node.inputs) == 1 and (node.op == "reshape" or (node.op in RULES and node.op in _ELEMENTWISE))


_ELEMENTWISE = frozenset(("relu", "relu6", "tanh", "logistic", "quantize", "dequantize", "leaky_relu", "hard_swish"))


def _reads_row(bound: BoundNode, name: str) -> bool:
    """Whether `name` is the input of a fully connected operator whose weights hold a column for each element."""
    if bound.node.op != "fully_connected" or bound.node.inputs.count(name) != 1 or bound.node.inputs[0] != name:
        return False
    x, w = bound.input(0), bound.input(1)
    return w.data is not None and w.shape[1] == x.type.elements
