"""Weights of four bits: int8 codes within ±7, which formats and kernels may store two to a byte.

The codes say it, not a mark beside them: so no pass can lose it, a file that stores bytes gives the same graph as one
that packs them, and every int8 reference holds as it is.
"""

from __future__ import annotations

import numpy as np

from edgeml.ir import BoundNode, DType

LARGEST_NIBBLE = 7
# operators whose weights formats and kernels know in four bits
_OPERATORS = ("conv_2d", "depthwise_conv_2d", "fully_connected")


def weight_bits(bound: BoundNode) -> int:
    """Bits that the codes of a node's constant int8 weights need, 4 or 8; 0 for any other node.

    4: symmetric (zero point 0), narrow range, -7..7, and not all 0.
    """
    if bound.node.op not in _OPERATORS or bound.output.dtype is not DType.INT8:
        return 0
    weights = bound.input(1)
    if weights.data is None or weights.dtype is not DType.INT8 or weights.quantization is None:
        return 0
    if any(weights.quantization.zero_point):
        return 8
    largest = int(np.abs(weights.data.astype(np.int16)).max())
    return 4 if 0 < largest <= LARGEST_NIBBLE else 8


def saved_bytes(bound: BoundNode) -> int:
    """Bytes that a node's weights take less where those of four bits lie two to a byte."""
    return bound.input(1).type.nbytes // 2 if weight_bits(bound) == 4 else 0
