"""Layer by layer: where two runners part, and whether each operator of a runner keeps to its documented bound.

An operator's documented difference of one code may grow in the layers behind it, so outputs alone prove nothing. The
proof takes the runner's own intermediate tensors: the reference of each operator, on the inputs that the runner itself
gave it, must be within the bound of what the runner computed there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edgeml.errors import TargetError
from edgeml.interpreter import initial_state
from edgeml.ir import Array, BoundNode, DType, Graph, TensorType
from edgeml.ops import OPS
from edgeml.validate.compare import largest, same
from edgeml.validate.contracts import F32_REASON, LAYER_TOLERANCE_F32, Contract


@dataclass(frozen=True)
class LayerDifference:
    """Differences in one tensor. `largest` and `allowed` are codes for integers, reals for float32."""

    tensor: str
    op: str
    elements: int
    mismatched: int
    largest: float
    allowed: float = 0.0
    reason: str = ""
    is_float: bool = False

    @property
    def within(self) -> bool:
        return self.largest <= self.allowed


def first_difference(graph: Graph, a: Mapping[str, Array], b: Mapping[str, Array]) -> LayerDifference | None:
    """The first node, in execution order, with an output that differs; tensors known to one side only are passed."""
    for node in graph.nodes:
        for name in node.outputs:
            if name in a and name in b and a[name].shape == b[name].shape:
                found = _difference(name, node.op, a[name], b[name], graph.tensor(name).type)
                if found.mismatched and not (found.is_float and found.within):
                    return found
    return None


def check_layers(
    graph: Graph, inputs: Mapping[str, Array], own: Mapping[str, Array], contract: Contract
) -> tuple[LayerDifference, ...]:
    """Every node's outputs in a runner (`own`, (N, …) by tensor name) against the reference on the same inputs.

    Tensors that the runner does not have (its graph is written otherwise) are taken from the reference, computed from
    what the runner has.
    """
    count = len(next(iter(inputs.values())))
    state = {name: np.repeat(value, count, axis=0) for name, value in initial_state(graph).items()}
    values = {**inputs, **state, **{t.name: t.data for t in graph.constants if t.data is not None}}
    found = []
    for bound in graph.bound():
        wanted = _reference(bound, [values[n] if n else None for n in bound.node.inputs])
        for name, want in zip(bound.node.outputs, wanted, strict=True):
            values[name] = own.get(name, want)
            if name not in own:
                continue
            if own[name].shape != want.shape:
                raise TargetError(f"tensor '{name}' has another layout there, so layers cannot be compared.")
            found.append(_judged(bound, name, own[name], want, contract))
    return tuple(found)


def merge(parts: Iterable[Sequence[LayerDifference]]) -> tuple[LayerDifference, ...]:
    """The same layers over several batches of samples as one."""
    merged: dict[str, LayerDifference] = {}
    for part in parts:
        for d in part:
            old = merged.get(d.tensor)
            if old is None:
                merged[d.tensor] = d
                continue
            worse = d if d.largest - d.allowed > old.largest - old.allowed else old
            merged[d.tensor] = LayerDifference(
                d.tensor,
                d.op,
                old.elements + d.elements,
                old.mismatched + d.mismatched,
                worse.largest,
                worse.allowed,
                worse.reason,
                worse.is_float,
            )
    return tuple(merged.values())


def _reference(bound: BoundNode, inputs: Sequence[Array | None]) -> tuple[Array, ...]:
    operator = OPS[bound.node.op]
    pairs = list(zip(inputs, bound.inputs, strict=True))
    count = next((len(x) for x, t in pairs if x is not None and t is not None and not t.is_constant), 1)
    if count == 1 or operator.batchable(bound):
        return operator.reference(bound, *inputs)
    rows = []
    for i in range(count):
        one = [x if x is None or t is None or t.is_constant else x[i : i + 1] for x, t in pairs]
        rows.append(operator.reference(bound, *one))
    return tuple(np.concatenate(column) for column in zip(*rows, strict=True))


def _judged(bound: BoundNode, name: str, got: Array, want: Array, contract: Contract) -> LayerDifference:
    type_ = next(t.type for t in bound.outputs if t.name == name)
    difference = _difference(name, bound.node.op, got, want, type_)
    if type_.dtype is DType.FLOAT32:
        return difference
    allowed, reason = contract.allowed(bound)
    return LayerDifference(
        name,
        bound.node.op,
        difference.elements,
        difference.mismatched,
        difference.largest,
        float(allowed),
        reason,
    )


def _difference(name: str, op: str, a: Array, b: Array, type_: TensorType) -> LayerDifference:
    worst = largest(a.astype(np.float64), b.astype(np.float64))
    mismatched = int(np.count_nonzero(~same(a, b)))
    if type_.dtype is not DType.FLOAT32:
        return LayerDifference(name, op, a.size, mismatched, worst)
    finite = np.abs(b[np.isfinite(b)])
    scale = max(1.0, float(finite.max()) if finite.size else 1.0)
    return LayerDifference(name, op, a.size, mismatched, worst, LAYER_TOLERANCE_F32 * scale, F32_REASON, True)
