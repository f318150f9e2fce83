"""Legality of a graph, apart from its construction; runs after every pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from edgeml.errors import GraphError
from edgeml.ir.graph import BoundNode, Graph
from edgeml.ir.types import Attributes, DType, Quantization, TensorType

_INCONSISTENT = (LookupError, ValueError, TypeError, AttributeError, AssertionError, ArithmeticError)
# C counts elements and bytes in 32 bits
_MAX_BYTES = (1 << 31) - 1


class Checks(Protocol):
    """What verification needs of an operator."""

    def infer(self, attrs: Attributes, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]: ...

    def check(self, bound: BoundNode) -> None:
        """Raise UnsupportedError or GraphError when a constraint of the operator does not hold."""
        ...


def verify(graph: Graph, operators: Mapping[str, Checks]) -> Graph:
    """Return `graph` unchanged, or raise GraphError naming the node, the rule and the value."""
    _check_states(graph)
    known = set(graph.given)
    for tensor in graph.tensors.values():
        _check_tensor(graph, tensor.name)
        if tensor.is_constant:
            known.add(tensor.name)
    for node in graph.nodes:
        if node.op not in operators:
            raise GraphError(f"{node.op} '{node.name}': no such operator. See `edgeml ops`.")
        for name in node.inputs:
            if name and name not in known:
                raise GraphError(f"{node.op} '{node.name}': input '{name}' is used before it is computed.")
        for name in node.outputs:
            if name in known:
                raise GraphError(f"{node.op} '{node.name}': output '{name}' is assigned twice.")
            known.add(name)
        bound = graph.bind(node)
        try:
            operators[node.op].check(bound)
            _check_shapes(bound, operators[node.op])
        except _INCONSISTENT as error:
            # a rule that cannot even be asked: operands are missing or of a kind that it does not expect
            raise GraphError(f"{node.op} '{node.name}': attributes or operands are inconsistent ({error}).") from error
    for name in graph.outputs:
        if name not in known:
            raise GraphError(f"graph '{graph.name}': output '{name}' is never computed.")
    for state in graph.states:
        if state.output not in known:
            raise GraphError(f"state '{state.input}': its next value '{state.output}' is never computed.")
    return graph


def _check_states(graph: Graph) -> None:
    given = graph.given
    for state in graph.states:
        if given.count(state.input) > 1 or graph.tensor(state.input).is_constant:
            raise GraphError(f"state '{state.input}': must be one state, and neither an input nor a constant.")
        old, new = graph.tensor(state.input).type, graph.tensor(state.output).type
        if old != new:
            raise GraphError(
                f"state '{state.input}': its next value '{state.output}' must have its type, {_text(old)}. Got "
                f"{_text(new)}. Put a quantize or reshape operator in between."
            )
        if state.initial:
            first = graph.tensor(state.initial)
            if not first.is_constant or first.type != old:
                raise GraphError(
                    f"state '{state.input}': its initial value '{state.initial}' must be a constant of type "
                    f"{_text(old)}. Got {_text(first.type)}."
                )


def _text(type_: TensorType) -> str:
    q = type_.quantization
    return f"{type_.dtype.value}{type_.shape}" + (f" with scale {q.scale[0]:.8g}, {q.zero_point[0]}" if q else "")


def _check_shapes(bound: BoundNode, operator: Checks) -> None:
    types = [t.type if t is not None else None for t in bound.inputs]
    inferred = operator.infer(bound.node.attrs, types)
    if len(inferred) != len(bound.outputs):
        raise GraphError(
            f"{bound.node.op} '{bound.name}': has {len(inferred)} outputs by its rule, {len(bound.outputs)} given."
        )
    for want, got in zip(inferred, bound.outputs, strict=True):
        if want.shape != got.shape:
            raise GraphError(
                f"{bound.node.op} '{bound.name}': output '{got.name}' has shape {got.shape}, the operator "
                f"computes {want.shape}."
            )


def _check_tensor(graph: Graph, key: str) -> None:
    tensor = graph.tensors[key]
    if tensor.name != key:
        raise GraphError(f"graph '{graph.name}': tensor '{tensor.name}' is filed under '{key}'.")
    if any(d < 1 for d in tensor.shape):
        raise GraphError(
            f"tensor '{key}': every dimension must be at least 1. Got {tensor.shape}. Fix dynamic sizes first."
        )
    if tensor.type.nbytes > _MAX_BYTES:
        raise GraphError(f"tensor '{key}': must be smaller than 2 GB. Got {_text(tensor.type)}. Use smaller sizes.")
    data = tensor.data
    if data is not None and (data.shape != tensor.shape or data.dtype != tensor.dtype.numpy):
        raise GraphError(
            f"tensor '{key}': data is {data.dtype}{data.shape}, its type says {tensor.dtype.value}{tensor.shape}."
        )
    if tensor.quantization is not None:
        _check_quantization(key, tensor.type, tensor.quantization)


_RANGES = {DType.INT8: (-128, 127), DType.UINT8: (0, 255), DType.INT16: (-32768, 32767)}


_LEAST_SCALE = 2.0**-60


def _check_quantization(name: str, type_: TensorType, q: Quantization) -> None:
    expected = 1 if q.axis is None else type_.shape[q.axis] if 0 <= q.axis < len(type_.shape) else -1
    if len(q.scale) != expected or len(q.zero_point) != expected:
        raise GraphError(
            f"tensor '{name}': quantisation needs {max(expected, 1)} scales and zero points for axis {q.axis} of "
            f"{type_.shape}. Got {len(q.scale)} and {len(q.zero_point)}."
        )
    if not all(0.0 < s < float("inf") for s in q.scale):
        raise GraphError(f"tensor '{name}': every scale must be positive and finite. Got {min(q.scale)}.")
    if type_.dtype in _RANGES and q.axis is None and not _LEAST_SCALE <= q.scale[0] <= 1 / _LEAST_SCALE:
        raise GraphError(
            f"tensor '{name}': the scale must lie between 2^-60 and 2^60, else their quotients are no float32. "
            f"Got {q.scale[0]}."
        )
    low, high = _RANGES.get(type_.dtype, (-(2**31), 2**31 - 1))
    if not all(low <= z <= high for z in q.zero_point):
        raise GraphError(f"tensor '{name}': a zero point is outside {low}..{high}.")
