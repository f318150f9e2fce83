"""What minimum and maximum share."""

from __future__ import annotations

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, Operand, Result
from edgeml.ops.common import ARITHMETIC
from edgeml.ops.elementwise import Elementwise, geometry


class Extremum(Elementwise):
    """One of two elements, with broadcasting; codes of one scale and zero point compare as the reals do."""

    dtypes = ARITHMETIC
    same_quantization = True

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        a, b = inputs
        assert a is not None and b is not None
        return (self.combine(a, b),)

    def kernel_s8(self, bound: BoundNode) -> KernelCall:
        return KernelCall(f"{self.name}_s8", geometry(bound), (Operand(0), Operand(1), Result()))
