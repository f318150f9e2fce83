"""Estimated instructions of the portable kernels."""

from __future__ import annotations

from edgeml.ir import BoundNode
from edgeml.ops import OPS
from edgeml.ops.base import is_int16
from edgeml.ops.pooling import PoolAttrs

# for each multiplication (in pools each pixel of a window) and each element of the output: Armv6-M, and all others
_COSTS = {
    "depthwise_conv_2d": ((13, 115), (6.5, 45)),
    "average_pool_2d": ((9, 60), (6.7, 30)),
    "max_pool_2d": ((9, 60), (8, 15)),
    "softmax": ((0, 430), (0, 38)),
    "add": ((0, 30), (0, 18)),
    "sub": ((0, 30), (0, 18)),
}
_ANY = ((9, 40), (4, 20))
# the same for int16 activations
_COSTS_S16 = {"add": ((0, 120), (0, 69)), "sub": ((0, 120), (0, 69)), "depthwise_conv_2d": ((30, 200), (14, 45))}


def portable_instructions(bound: BoundNode, thumb1: bool) -> int:
    """Instructions of one run on Armv7-M, or on Armv6-M."""
    costs = {**_COSTS, **_COSTS_S16} if is_int16(bound) else _COSTS
    per_mac, per_element = costs.get(bound.node.op, _ANY)[0 if thumb1 else 1]
    attrs, elements = bound.node.attrs, sum(t.type.elements for t in bound.outputs)
    if isinstance(attrs, PoolAttrs):
        macs = elements * attrs.kernel[0] * attrs.kernel[1]
    else:
        macs = OPS[bound.node.op].macs(bound)
    return int(per_mac * macs + per_element * elements)
