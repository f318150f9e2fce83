"""A graph as plain figures: shapes, types, quantisation, work and size, for each node and in total."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.ir import BoundNode, Graph, Quantization, Shape, Tensor
from edgeml.ir.printer import format_attrs
from edgeml.ops import OPS
from edgeml.ops.weight_bits import saved_bytes, weight_bits
from edgeml.passes import canonicalize
from edgeml.passes.transpose_sinking import count_transposes


@dataclass(frozen=True)
class TensorSummary:
    """One tensor; `quantization` is the text of `format_quantization`."""

    name: str
    shape: Shape
    dtype: str
    quantization: str
    nbytes: int


@dataclass(frozen=True)
class NodeSummary:
    """`parameters` counts the elements of the node's constants, `nbytes` their bytes, weights of 4 bits two to a byte.

    `weight_bits`: 4 or 8 for int8 weights, else 0.
    """

    index: int
    name: str
    op: str
    attributes: str
    inputs: tuple[TensorSummary, ...]
    constants: tuple[TensorSummary, ...]
    outputs: tuple[TensorSummary, ...]
    macs: int
    parameters: int
    nbytes: int
    weight_bits: int


@dataclass(frozen=True)
class ModelSummary:
    """Totals count a constant that several nodes share once. `transposes` are those left when the model is compiled."""

    name: str
    inputs: tuple[TensorSummary, ...]
    outputs: tuple[TensorSummary, ...]
    states: tuple[TensorSummary, ...]
    labels: tuple[str, ...]
    nodes: tuple[NodeSummary, ...]
    macs: int
    parameters: int
    parameter_bytes: int
    largest_activation_bytes: int
    numerics: str
    transposes: int


def summarize(graph: Graph) -> ModelSummary:
    """The figures of any graph whose operators are in OPS."""
    nodes = tuple(_node(i, bound) for i, bound in enumerate(graph.bound()))
    activations = [t.type.nbytes for t in graph.tensors.values() if not t.is_constant]
    return ModelSummary(
        graph.name,
        tuple(_tensor(t) for t in graph.input_tensors),
        tuple(_tensor(t) for t in graph.output_tensors),
        tuple(_tensor(graph.tensor(s.input)) for s in graph.states),
        graph.labels,
        nodes,
        sum(n.macs for n in nodes),
        sum(t.type.elements for t in graph.constants),
        sum(t.type.nbytes for t in graph.constants) - _packed_away(graph),
        max(activations, default=0),
        graph.numerics.value,
        count_transposes(canonicalize(graph)) if any(n.op == "transpose" for n in graph.nodes) else 0,
    )


def format_quantization(q: Quantization | None) -> str:
    """`0.0039, -128` for a whole tensor, `64 scales 0.001..0.02, axis 0` per channel; empty for floats."""
    if q is None:
        return ""
    if q.axis is None:
        return f"{q.scale[0]:.6g}, {q.zero_point[0]}"
    return f"{len(q.scale)} scales {min(q.scale):.3g}..{max(q.scale):.3g}, axis {q.axis}"


def _node(index: int, bound: BoundNode) -> NodeSummary:
    given = [t for t in bound.inputs if t is not None]
    constants = [t for t in given if t.is_constant]
    return NodeSummary(
        index,
        bound.name,
        bound.node.op,
        format_attrs(bound.node.attrs),
        tuple(_tensor(t) for t in given if not t.is_constant),
        tuple(_tensor(t) for t in constants),
        tuple(_tensor(t) for t in bound.outputs),
        OPS[bound.node.op].macs(bound),
        sum(t.type.elements for t in constants),
        sum(t.type.nbytes for t in constants) - saved_bytes(bound),
        weight_bits(bound),
    )


def _packed_away(graph: Graph) -> int:
    """Bytes that weights of 4 bits take less in pairs; those that several nodes share count once."""
    saved = {b.input(1).name: saved_bytes(b) for b in graph.bound() if weight_bits(b)}
    return sum(saved.values())


def _tensor(tensor: Tensor) -> TensorSummary:
    return TensorSummary(
        tensor.name, tensor.shape, tensor.dtype.value, format_quantization(tensor.quantization), tensor.type.nbytes
    )
