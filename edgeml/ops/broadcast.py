"""Broadcasting as the kernels do it: four dimensions, and for each operand a stride that is 0 where it stands still."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import BoundNode, Shape

KERNEL_RANK = 4


def broadcast_shape(op: str, *shapes: Shape) -> Shape:
    """The common shape by NumPy's rule; GraphError when there is none."""
    try:
        return tuple(np.broadcast_shapes(*shapes))
    except ValueError:
        got = " and ".join(str(s) for s in shapes)
        raise GraphError(f"{op}: operands must broadcast together. Got {got}.") from None


def merged(shape: Shape, operands: Sequence[Shape]) -> tuple[Shape, tuple[Shape, ...]]:
    """`shape` and each operand's strides in elements, with as few dimensions as possible and at least four.

    Dimensions of size 1 go, and neighbours become one where every operand either spans both or is broadcast in both.
    """
    rank = len(shape)
    aligned = [(1,) * (rank - len(s)) + s for s in operands]
    sizes: list[int] = []
    spans: list[tuple[bool, ...]] = []
    for i, size in enumerate(shape):
        if size == 1:
            continue
        span = tuple(s[i] == size for s in aligned)
        if spans and spans[-1] == span:
            sizes[-1] *= size
        else:
            sizes.append(size)
            spans.append(span)
    strides = []
    for k in range(len(operands)):
        step, found = 1, []
        for size, span in zip(reversed(sizes), reversed(spans), strict=True):
            found.append(step if span[k] else 0)
            step *= size if span[k] else 1
        strides.append(_padded(found[::-1], 0))
    return _padded(sizes, 1), tuple(strides)


def few_broadcasts(bound: BoundNode) -> bool:
    """the operands may change between broadcast and not broadcast three times at most, from dimension to dimension"""
    shapes = [t.shape for t in bound.inputs if t is not None]
    try:
        common = np.broadcast_shapes(*shapes)
    except ValueError:
        return True  # the shape rule has an error of its own
    return len(merged(tuple(common), shapes)[0]) <= KERNEL_RANK


def _padded(values: Sequence[int], fill: int) -> Shape:
    return (fill,) * (KERNEL_RANK - len(values)) + tuple(values)
