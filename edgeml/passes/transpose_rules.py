"""How an operator's attributes change when its operands are read in another order of dimensions.

A value is "permuted" when it equals `transpose(source, perm)`: dimension i of the value is dimension `perm[i]` of the
source. A rule gives the operator's attributes on the source, and how the result is permuted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from edgeml.ir import Attributes, BoundNode

Perm = tuple[int, ...]
T = TypeVar("T")
# (attributes on the source, permutation of the result), or None when the operator needs its own order
Rule = Callable[[BoundNode, Perm], "tuple[Attributes, Perm] | None"]


def inverse(perm: Perm) -> Perm:
    """The permutation that undoes `perm`."""
    return tuple(perm.index(i) for i in range(len(perm)))


def is_identity(perm: Perm) -> bool:
    """Whether nothing moves."""
    return perm == tuple(range(len(perm)))


def on_source(values: Sequence[T], perm: Perm) -> tuple[T, ...]:
    """Values for each dimension of the permuted tensor, for each dimension of its source."""
    return tuple(values[i] for i in inverse(perm))


def _replaced(bound: BoundNode, perm: Perm, result: Perm | None = None, **fields: Any) -> tuple[Attributes, Perm]:
    attrs: Any = bound.node.attrs
    return replace(attrs, **fields), perm if result is None else result


def _same(bound: BoundNode, perm: Perm) -> tuple[Attributes, Perm]:
    return bound.node.attrs, perm


def _axis(bound: BoundNode, perm: Perm) -> tuple[Attributes, Perm]:
    attrs: Any = bound.node.attrs
    return _replaced(bound, perm, axis=perm[attrs.axis])


def _last(bound: BoundNode, perm: Perm) -> tuple[Attributes, Perm] | None:
    """Works on the last dimension, which must stay the last."""
    return (bound.node.attrs, perm) if perm[-1] == len(perm) - 1 else None


def _per_dimension(field: str) -> Rule:
    def rule(bound: BoundNode, perm: Perm) -> tuple[Attributes, Perm] | None:
        values = getattr(bound.node.attrs, field)
        return _replaced(bound, perm, **{field: on_source(values, perm)}) if len(values) == len(perm) else None

    return rule


def _slice(bound: BoundNode, perm: Perm) -> tuple[Attributes, Perm]:
    attrs: Any = bound.node.attrs
    return _replaced(bound, perm, **{f: on_source(getattr(attrs, f), perm) for f in ("begin", "size", "stride")})


def _reduce(bound: BoundNode, perm: Perm) -> tuple[Attributes, Perm]:
    attrs: Any = bound.node.attrs
    axes = tuple(sorted(perm[a] for a in attrs.axes))
    result = perm if attrs.keep_dims else without(perm, attrs.axes)
    return _replaced(bound, perm, result, axes=axes)


def _search(bound: BoundNode, perm: Perm) -> tuple[Attributes, Perm]:
    attrs: Any = bound.node.attrs
    return _replaced(bound, perm, without(perm, (attrs.axis,)), axis=perm[attrs.axis])


def without(perm: Perm, axes: Sequence[int]) -> Perm:
    """The permutation of what is left when dimensions `axes` of the permuted value go."""
    left = [p for i, p in enumerate(perm) if i not in axes]
    return tuple(sorted(left).index(p) for p in left)


def _gather(bound: BoundNode, perm: Perm) -> tuple[Attributes, Perm] | None:
    attrs: Any = bound.node.attrs
    if attrs.batch_dims or len(bound.input(1).shape) != 1:
        return None
    return _replaced(bound, perm, axis=perm[attrs.axis])


_UNARY = (
    "abs", "neg", "exp", "log", "sqrt", "rsqrt", "square", "sin", "cos", "floor", "ceil", "round", "sign", "erf",
    "elu", "gelu", "hard_swish", "leaky_relu", "softplus", "logical_not", "relu", "relu6", "tanh", "logistic",
    "quantize", "dequantize", "cast",
)  # fmt: skip
# operators whose operands broadcast together; all must be permuted alike
BROADCASTING = frozenset(
    (
        "add", "sub", "mul", "div", "minimum", "maximum", "pow", "squared_difference", "floor_div", "floor_mod",
        "prelu", "equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "logical_and", "logical_or",
        "select_v2",
    )
)  # fmt: skip

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        **dict.fromkeys(_UNARY, _same),
        **dict.fromkeys(BROADCASTING, _same),
        **dict.fromkeys(("mean", "sum", "reduce_max", "reduce_min", "reduce_prod"), _reduce),
        **dict.fromkeys(("softmax", "log_softmax", "l2_normalization"), _last),
        **dict.fromkeys(("arg_max", "arg_min"), _search),
        "concatenation": _axis,
        "cumsum": _axis,
        "pad": _per_dimension("paddings"),
        "mirror_pad": _per_dimension("paddings"),
        "tile": _per_dimension("multiples"),
        "broadcast_to": _per_dimension("shape"),
        "strided_slice": _slice,
        "gather": _gather,
    }
)
