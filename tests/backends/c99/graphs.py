"""Small graphs for the C99 backend's tests."""

from __future__ import annotations

import numpy as np

from edgeml.ir import DType, Graph, GraphBuilder, Quantization
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.pooling import PoolAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.ops.softmax import SoftmaxAttrs

Q = Quantization.per_tensor


def classifier(int8: bool = True, name: str = "tiny net") -> Graph:
    """conv, pool, flatten, dense, softmax on an 8x8 image."""
    rng = np.random.default_rng(7)
    b = GraphBuilder(name, OPS)

    def q(scale: float, zero: int) -> Quantization | None:
        return Q(scale, zero) if int8 else None

    def weights(name: str, shape: tuple[int, ...]) -> str:
        if not int8:
            return b.constant(name, (rng.normal(size=shape) * 0.3).astype(np.float32))
        data = rng.integers(-127, 128, shape).astype(np.int8)
        return b.constant(name, data, Quantization.per_channel(rng.uniform(0.002, 0.01, shape[0]), 0))

    def bias(name: str, size: int) -> str:
        if not int8:
            return b.constant(name, rng.normal(size=size).astype(np.float32))
        return b.constant(
            name, rng.integers(-900, 900, size).astype(np.int32), Quantization.per_channel([1e-5] * size, 0)
        )

    x = b.input("image", (1, 8, 8, 1), DType.INT8 if int8 else DType.FLOAT32, q(1 / 255, -128))
    attrs = Conv2DAttrs(padding=(1, 1, 1, 1), activation=Activation.RELU)
    y = b.add(
        "conv_2d",
        [x, weights("conv/w", (5, 3, 3, 1)), bias("conv/b", 5)],
        attrs,
        name="conv",
        quantization=q(0.01, -128),
    )
    y = b.add("max_pool_2d", [y], PoolAttrs(), name="pool", quantization=q(0.01, -128))
    y = b.add("reshape", [y], ReshapeAttrs((1, 80)), name="flatten", quantization=q(0.01, -128))
    y = b.add(
        "fully_connected",
        [y, weights("dense/w", (4, 80)), ""],
        FullyConnectedAttrs(),
        name="dense",
        quantization=q(0.05, 3),
    )
    y = b.add("softmax", [y], SoftmaxAttrs(), name="probabilities", quantization=q(1 / 256, -128))
    return b.build([y], ["ant", 'a "bee"', "café", "what??/"])


def two_by_two() -> Graph:
    """Two inputs, two outputs, a reshape of an input and one of an output."""
    b = GraphBuilder("pair", OPS)
    left, right = (b.input(n, (1, 6), DType.INT8, Q(0.1, 0)) for n in ("left", "right"))
    both = b.add("concatenation", [left, right], ConcatenationAttrs(1), name="both", quantization=Q(0.1, 0))
    flat = b.add("reshape", [left], ReshapeAttrs((1, 1, 6)), name="view", quantization=Q(0.1, 0))
    total = b.add("add", [flat, right], BinaryAttrs(), name="total", quantization=Q(0.2, 1))
    table = b.add("reshape", [both], ReshapeAttrs((1, 3, 4)), name="table", quantization=Q(0.1, 0))
    return b.build([table, total])
