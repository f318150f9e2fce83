"""Flattening without a Transpose: the weights that follow are permuted instead of the activation.

Channels-last code flattens (H, W, C), the ONNX graph holds (C, H, W). When only fully_connected nodes read the
flattened values, the order of their weights' columns can absorb the difference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from edgeml.ir import Array, BoundNode, Graph, Node, Shape, Tensor, TensorType, verify
from edgeml.ops import OPS
from edgeml.ops.reshape import ReshapeAttrs


@dataclass(frozen=True)
class Flattenings:
    """`reshapes` holds names of reshape nodes that flatten (C, H, W); `columns` the NHWC shape that orders the
    weights of each fully_connected node behind them."""

    reshapes: frozenset[str]
    columns: Mapping[str, Shape]


def split_flattening(graph: Graph) -> Graph:
    """Give fully_connected nodes that read a rank-4 tensor as one row a reshape of their own."""
    nodes: list[Node] = []
    changed: dict[str, Tensor] = {}
    for bound in graph.bound():
        if not _reads_one_row(bound) or not _is_image(bound.input(0).shape):
            nodes.append(bound.node)
            continue
        x, name = bound.input(0), f"{bound.name}/flat"
        while name in graph.tensors:
            name += "_"
        shape = (1, x.type.elements)
        changed[name] = Tensor(name, TensorType(shape, x.dtype, x.quantization))
        nodes.append(Node("reshape", name, (x.name,), (name,), ReshapeAttrs(shape)))
        nodes.append(replace(bound.node, inputs=(name, *bound.node.inputs[1:])))
    return verify(graph.with_nodes(tuple(nodes), changed), OPS) if changed else graph


def find_flattenings(graph: Graph) -> Flattenings:
    """The reshapes whose order the weights behind them can absorb."""
    reshapes: set[str] = set()
    columns: dict[str, Shape] = {}
    for bound in graph.bound():
        if bound.node.op != "reshape" or not _flattens(bound) or bound.output.name in graph.kept:
            continue
        readers = [graph.bind(n) for n in graph.consumers(bound.output.name)]
        if readers and all(_reads_one_row(r) and r.node.inputs.count(bound.output.name) == 1 for r in readers):
            reshapes.add(bound.name)
            columns.update({r.name: bound.input(0).shape for r in readers})
    return Flattenings(frozenset(reshapes), columns)


def permute_columns(weights: Array, shape: Shape) -> Array:
    """Columns of (O, H*W*C) weights reordered for an input flattened as (C, H, W); `shape` is (1, H, W, C)."""
    moved = weights.reshape(weights.shape[0], *shape[1:]).transpose(0, 3, 1, 2)
    return moved.reshape(weights.shape)


def _is_image(shape: Shape) -> bool:
    """One NHWC sample: with more of them the order of a flattened row is not (C, H, W) for each."""
    return len(shape) == 4 and shape[0] == 1


def _flattens(bound: BoundNode) -> bool:
    x = bound.input(0)
    return _is_image(x.shape) and bound.output.shape == (1, x.type.elements) and not x.is_constant


def _reads_one_row(bound: BoundNode) -> bool:
    if bound.node.op != "fully_connected":
        return False
    x, w = bound.input(0), bound.input(1)
    return w.shape[1] == x.type.elements and len(bound.output.shape) == 2
