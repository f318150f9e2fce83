"""Pools, means, sums and products, 16 at a time: the operators' own calls, to the kernels of simd.h."""

from __future__ import annotations

from collections.abc import Sequence

from edgeml.backends.c99.selection.kernel import SameCall
from edgeml.backends.c99.selection.machine import Machine
from edgeml.ir import BoundNode, Numerics
from edgeml.ops.pooling import PoolAttrs

_BLOCK = 16
# elements of a mean whose sums float32 holds
_LARGEST_WINDOW = 65536


class Vectorised(SameCall):
    """A kernel of simd.h."""

    needs = frozenset({"simd"})

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        row = self.row(bound)
        # what is left of a block goes byte by byte, slower than in the plain kernel
        blocks, rest = divmod(row, _BLOCK)
        return bound.output.type.elements // row * (_BLOCK * 2 * blocks + 30 * rest)

    def row(self, bound: BoundNode) -> int:
        """Neighbouring elements that are taken alike."""
        return bound.output.shape[-1]


class MaxPoolSimd(Vectorised):
    """Largest values."""

    name = "max_pool_2d_simd_s8"
    op = "max_pool_2d"
    plain = "max_pool_2d_s8"


class AveragePoolSimd(Vectorised):
    """Means, by a float division that is exact for these integers."""

    name = "average_pool_2d_simd_s8"
    op = "average_pool_2d"
    plain = "average_pool_2d_s8"

    def limit(self, bound: BoundNode) -> str:
        attrs = bound.node.attrs
        assert isinstance(attrs, PoolAttrs)
        if (window := attrs.kernel[0] * attrs.kernel[1]) > _LARGEST_WINDOW:
            return f"the window has {window:,} elements, the limit is {_LARGEST_WINDOW:,}"
        return ""


class AddSimd(Vectorised):
    """Sums, also with broadcasting."""

    name = "add_simd_s8"
    op = "add"
    plain = "add_s8"

    def row(self, bound: BoundNode) -> int:
        return _innermost(self, bound, "shape")


class SubSimd(AddSimd):
    """Differences."""

    op = "sub"


class MulSimd(AddSimd):
    """Products, requantised by the litert rule."""

    name = "mul_simd_s8"
    op = "mul"
    plain = "mul_s8"

    def limit(self, bound: BoundNode) -> str:
        return "" if bound.numerics is Numerics.LITERT else "litert numerics only"


class MeanSimd(Vectorised):
    """Means of what lies side by side."""

    name = "reduce_simd_s8"
    op = "mean"
    plain = "reduce_s8"

    def limit(self, bound: BoundNode) -> str:
        return "" if _innermost(self, bound, "stride") == 1 else "what is kept does not lie side by side"

    def row(self, bound: BoundNode) -> int:
        return _innermost(self, bound, "shape")


def _innermost(kernel: SameCall, bound: BoundNode, name: str) -> int:
    """The last of a parameter's values, of the innermost loop."""
    values = kernel.call(bound).params[name]
    assert isinstance(values, Sequence)
    return int(values[-1])
