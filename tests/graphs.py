"""Small float graphs that many tests use."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.pooling import PoolAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.ops.softmax import SoftmaxAttrs


def small_cnn(seed: int = 0, size: int = 10, channels: int = 6, classes: int = 4) -> Graph:
    """conv 3x3 SAME relu, max pool, conv 3x3 stride 2 VALID, flatten, dense, softmax."""
    rng = np.random.default_rng(seed)

    def weights(*shape: int) -> np.ndarray:
        fan_in = np.prod(shape[1:])
        return (rng.standard_normal(shape) / np.sqrt(fan_in)).astype(np.float32)

    b = GraphBuilder("small_cnn", OPS)
    x = b.input("image", (1, size, size, 1))
    y = b.add(
        "conv_2d",
        [x, b.constant("w0", weights(channels, 3, 3, 1)), b.constant("b0", weights(channels, 1)[:, 0])],
        Conv2DAttrs(padding=(1, 1, 1, 1), activation=Activation.RELU),
        name="conv0",
    )
    y = b.add("max_pool_2d", [y], PoolAttrs((2, 2), (2, 2)), name="pool0")
    half = size // 2
    y = b.add(
        "conv_2d",
        [y, b.constant("w1", weights(8, 3, 3, channels)), b.constant("b1", weights(8, 1)[:, 0])],
        Conv2DAttrs(stride=(2, 2), activation=Activation.RELU),
        name="conv1",
    )
    out = (half - 3) // 2 + 1
    flat = out * out * 8
    y = b.add("reshape", [y], ReshapeAttrs((1, flat)), name="flatten")
    dense = [y, b.constant("w2", weights(classes, flat)), b.constant("b2", weights(classes, 1)[:, 0])]
    y = b.add("fully_connected", dense, FullyConnectedAttrs(), name="dense")
    y = b.add("softmax", [y], SoftmaxAttrs(1.0), name="probabilities")
    return b.build([y], [f"class {i}" for i in range(classes)])


def images(count: int, size: int = 10, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).random((count, size, size, 1), dtype=np.float32)
