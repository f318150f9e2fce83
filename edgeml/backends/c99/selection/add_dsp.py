"""add and sub without broadcasting, four elements a turn."""

from __future__ import annotations

from edgeml.backends.c99.accesses import Overlap, elementwise
from edgeml.backends.c99.selection.kernel import Kernel
from edgeml.backends.c99.selection.machine import Machine
from edgeml.ir import BoundNode, Numerics
from edgeml.ops.add import sum_constants
from edgeml.ops.base import KernelCall, Operand, Result, is_int8
from edgeml.ops.common import Activation, activation_range_s8

_INT32 = 2**31
# beyond, a result with 128 more leaves 16 bits
_RESULT = 2**15 - 128


class AddDsp(Kernel):
    """Two products in one instruction each, taken from bytes as they lie in a word; exact as the portable kernel."""

    name = "add_dsp_s8"
    op = "add"
    needs = frozenset({"dsp"})
    sign = 1

    def refusal(self, bound: BoundNode, machine: Machine) -> str:
        if not is_int8(bound) or bound.numerics is not Numerics.LITERT:
            return "int8 under litert numerics only"
        if any(bound.input(i).type.elements != bound.output.type.elements for i in (0, 1)):
            return "an operand is broadcast"
        activation = getattr(bound.node.attrs, "activation", Activation.NONE)
        if activation_range_s8(activation, bound.output.type) != (-128, 127):
            return "the activation's range is narrower than int8"
        c = sum_constants(bound, self.sign)
        zero = bound.output.type.zero_point << c.shift
        ends = [sorted((-128 * m, 127 * m)) for m in (c.a_multiplier, c.b_multiplier)]
        low, high = (c.bias + zero + sum(e[i] for e in ends) for i in range(2))
        if low < -_INT32 or high + (128 << c.shift) >= _INT32 or abs(c.bias + zero) + (128 << c.shift) >= _INT32:
            return "a sum leaves int32"
        if max(-low, high) >> c.shift >= _RESULT:
            return "a result leaves 16 bits before it is saturated"
        return ""

    def call(self, bound: BoundNode) -> KernelCall:
        c = sum_constants(bound, self.sign)
        params = {
            "size": bound.output.type.elements,
            "a_multiplier": c.a_multiplier,
            "b_multiplier": c.b_multiplier,
            "bias": c.bias + (bound.output.type.zero_point << c.shift),
            "shift": c.shift,
        }
        return KernelCall(self.name, params, (Operand(0), Operand(1), Result()))

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        whole, rest = divmod(bound.output.type.elements, 4)
        return 45 + 27 * whole + 18 * rest

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        return elementwise(bound, (0, 1))


class SubDsp(AddDsp):
    """a - b."""

    op = "sub"
    sign = -1
