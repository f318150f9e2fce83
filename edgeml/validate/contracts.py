"""How far a runner may be from the operators' references, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edgeml.ir import BoundNode, Graph, Numerics
from edgeml.ops import OPS, Exactness, Operator
from edgeml.ops.base import involves_int16
from edgeml.targets.litert_runtime import Resolver

# One float32 layer on the same inputs, relative to its largest output: every runtime adds the products of a window in
# its own order, and a sum of n terms carries an error of up to n * 2^-24 of the terms' magnitude.
LAYER_TOLERANCE_F32 = 1e-5
# End to end these errors pass through all layers that follow.
END_TOLERANCE_F32 = 1e-4
_SAME_IN_REFERENCE_KERNELS = frozenset(
    ("conv_2d", "depthwise_conv_2d", "add", "average_pool_2d", "max_pool_2d", "softmax")
)
F32_REASON = "float32 sums are added in another order in each runtime"


@dataclass(frozen=True)
class Contract:
    """`bound(operator)` is the largest |difference| in codes from its int8 reference, `reason` says where from.

    `bound_s16` and `reason_s16` are those of nodes that read or make int16 codes.
    """

    name: str
    bound: Callable[[Operator[Any]], int]
    reason: Callable[[Operator[Any]], str]
    bound_s16: Callable[[Operator[Any]], int] = lambda op: 0
    reason_s16: str = ""

    def allowed(self, bound: BoundNode) -> tuple[int, str]:
        """The largest |difference| of a node's codes, and where it comes from."""
        operator = OPS[bound.node.op]
        if involves_int16(bound):
            return self.bound_s16(operator), self.reason_s16
        return self.bound(operator), self.reason(operator)


EXACT = Contract("exact", lambda op: 0, lambda op: "")
LITERT = Contract(
    "litert",
    lambda op: op.litert_bound,
    lambda op: op.litert_bound_reason,
    lambda op: op.litert_bound_s16,
    "the last elements of a tensor, fewer than 8, are rounded half away from zero, all others half to even",
)
ONNX = Contract("onnx", lambda op: op.onnx_bound, lambda op: op.onnx_bound_reason, lambda op: op.onnx_bound_s16)
# TensorFlow's reference kernels requantise convolutions with two roundings (gemmlowp), XNNPACK with one.
LITERT_REF = Contract(
    "litert ref",
    lambda op: max(1, op.litert_bound),
    lambda op: "TensorFlow's reference kernels requantise in fixed point with two roundings",
    lambda op: op.onnx_bound_qdq_s16 if op.name in ("tanh", "logistic") else op.litert_bound_s16,
    "TensorFlow's reference kernels know no coarse table of the logistic function",
)
# LiteRT and ONNX Runtime beside a graph under tflm numerics, and the other way round: they have their own.
OTHER_NUMERICS = Contract(
    "other numerics",
    lambda op: max(1, op.litert_bound, op.onnx_bound),
    lambda op: "tflm numerics round the requantisation twice, litert numerics once",
)
# A graph under tflm numerics beside TensorFlow's reference kernels: convolutions and what follows from them are the
# same; fully_connected of those kernels rounds once (LiteRT 2.3).
LITERT_REF_TFLM = Contract(
    "litert ref beside tflm",
    lambda op: 0 if op.name in _SAME_IN_REFERENCE_KERNELS else OTHER_NUMERICS.bound(op),
    lambda op: (
        "LiteRT's reference kernel rounds the requantisation once, TensorFlow Lite Micro's twice"
        if op.name == "fully_connected"
        else OTHER_NUMERICS.reason(op)
    ),
)
TFLM = Contract(
    "tflm",
    lambda op: op.tflm.bound if isinstance(op.tflm, Exactness) else 1,
    lambda op: op.tflm.reason,
)


def litert_contract(graph: Graph, resolver: Resolver) -> Contract:
    """What LiteRT promises with this resolver."""
    if graph.numerics is not Numerics.LITERT:
        return OTHER_NUMERICS if resolver == "default" else LITERT_REF_TFLM
    return LITERT if resolver == "default" else LITERT_REF


def onnx_contract(graph: Graph) -> Contract:
    """What ONNX Runtime promises."""
    return ONNX if graph.numerics is Numerics.LITERT else OTHER_NUMERICS


def micro_contract(graph: Graph) -> Contract:
    """What TensorFlow Lite Micro promises."""
    return TFLM if graph.numerics is Numerics.TFLM else OTHER_NUMERICS
