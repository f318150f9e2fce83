"""What operators over sequences share: the order of batch and time, and the gates' functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from edgeml.errors import GraphError, UnsupportedError
from edgeml.ir import Array, BoundNode, Shape


def sequence_shape(op: str, shape: Shape, time_major: bool) -> tuple[int, int, int]:
    """(batch, steps, size) of x, (B, T, I) or with `time_major` (T, B, I)."""
    if len(shape) != 3:
        raise GraphError(f"{op}: the input must be a sequence of rank 3. Got {shape}.")
    first, second, size = shape
    return (second, first, size) if time_major else (first, second, size)


def steps_of(x: Array, time_major: bool) -> Iterator[Array]:
    """(B, I) of each time step."""
    return iter(x if time_major else x.swapaxes(0, 1))


def sequence_of(steps: Sequence[Array], time_major: bool) -> Array:
    """The inverse of `steps_of`."""
    return np.stack(steps, axis=0 if time_major else 1)


def given(inputs: Sequence[Array | None], index: int) -> Array:
    """An input that the operator's rule demands."""
    value = inputs[index]
    assert value is not None
    return value


def constant_data(bound: BoundNode, index: int) -> Array:
    """A constant operand, for a format that stores it in another order."""
    data = bound.input(index).data
    if data is None:
        raise UnsupportedError(
            f"{bound.node.op} '{bound.name}': weights that are computed at run time have no spelling in ONNX here. Use "
            "the C export."
        )
    return data


def logistic_f32(x: Array) -> Array:
    """1 / (1 + exp(-x)) without overflow."""
    e = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, np.float32(1), e) / (np.float32(1) + e), np.float32)
