"""What operators that only move elements share: each output element is one input element, by a strided view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import numpy as np

from edgeml.ir import Array, Attributes, BoundNode, DType, Shape
from edgeml.ops.base import Constraint, KernelCall, Operand, Operator, ParamValue, Result

MAX_RANK = 6
# loops of the kernel; tile needs more than one for a dimension
KERNEL_RANK = 8

A = TypeVar("A", bound=Attributes)


@dataclass(frozen=True)
class View:
    """`y[i, j, …] = x[offset + i * strides[0] + j * strides[1] + …]` for y of `shape` and flat x, in elements."""

    shape: Shape
    strides: tuple[int, ...]
    offset: int = 0


def dense_strides(shape: Shape) -> tuple[int, ...]:
    """Elements between neighbours of each dimension of a tensor without gaps."""
    return tuple(int(np.prod(shape[i + 1 :], dtype=np.int64)) for i in range(len(shape)))


def merged(view: View) -> View:
    """The same elements in the same order by as few loops as possible, so that the inner ones are long."""
    shape: list[int] = []
    strides: list[int] = []
    for size, stride in zip(view.shape, view.strides, strict=True):
        if size == 1:
            continue
        if shape and strides[-1] == stride * size:
            shape[-1] *= size
            strides[-1] = stride
        else:
            shape.append(size)
            strides.append(stride)
    return View(tuple(shape), tuple(strides), view.offset)


def rank_at_most_6(bound: BoundNode) -> bool:
    """the input and the output must have rank 6 at most"""
    return all(t is None or len(t.shape) <= MAX_RANK for t in (*bound.inputs, *bound.outputs))


def same_element_type(bound: BoundNode) -> bool:
    """the output must have the element type of the input"""
    return bound.output.dtype is bound.input(0).dtype


class Movement(Operator[A]):
    """x of rank 6 at most and of any element type -> some of its elements, in another order or repeated."""

    onnx = "Transpose"
    kernels = ("strided_copy_any",)
    dtypes = tuple(DType)
    same_quantization = True
    constraints: ClassVar[tuple[Constraint, ...]] = (rank_at_most_6, same_element_type)

    def view(self, bound: BoundNode) -> View:
        """Where in the flat input each element of the output lies."""
        raise NotImplementedError

    def move(self, bound: BoundNode, x: Array) -> Array:
        """The meaning in NumPy; `x` may hold more samples in dimension 0 than the graph says."""
        raise NotImplementedError

    def reference(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        assert inputs[0] is not None
        return (np.asarray(self.move(bound, inputs[0]), order="C"),)

    def kernel(self, bound: BoundNode) -> KernelCall:
        return strided_copy(self.view(bound), bound.output.dtype)


def strided_copy(view: View, dtype: DType) -> KernelCall:
    """The C call for `view`, from the node's first input to its output."""
    loops = merged(view)
    missing = KERNEL_RANK - len(loops.shape)
    params: dict[str, ParamValue] = {
        "element_size": dtype.size,
        "shape": (1,) * missing + loops.shape,
        "stride": (0,) * missing + loops.strides,
        "offset": loops.offset,
    }
    return KernelCall("strided_copy_any", params, (Operand(0), Result()))


def permuted(values: Sequence[int], axes: Sequence[int]) -> list[int]:
    """`values[i]` at position `axes[i]`: values for each dimension in another layout."""
    moved = [0] * len(axes)
    for value, axis in zip(values, axes, strict=True):
        moved[axis] = int(value)
    return moved
