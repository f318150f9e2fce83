"""Random chains of image operators: odd heights, strides, dilations, every padding, residual sums, branches."""

from __future__ import annotations

import numpy as np

from edgeml.errors import EdgeMLError
from edgeml.ir import DType, Graph, GraphBuilder, Quantization
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.pooling import PoolAttrs

Q = Quantization.per_tensor
_IMAGE = Q(0.05, -3)


class Chain:
    """Builds one graph; `grow` appends an operator, `sum` one that adds two images of one shape."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._builder = GraphBuilder(f"chain{seed}", OPS)
        self._count = 0
        self.shapes: dict[str, tuple[int, ...]] = {}

    def input(self, height: int, width: int, channels: int) -> str:
        name = self._builder.input("image", (1, height, width, channels), DType.INT8, _IMAGE)
        self.shapes[name] = (1, height, width, channels)
        return name

    def grow(self, x: str, op: str, channels: int, stride: int = 1, dilation: int = 1, pad: str = "same") -> str:
        """`op` with a random window after `x`."""
        rng, shape = self._rng, self.shapes[x]
        kernel = [int(rng.integers(1, 5)), int(rng.integers(1, 4))]
        if op == "pointwise":
            op, kernel, dilation = "conv_2d", [1, 1], 1
        if op.endswith("pool_2d"):
            dilation = 1
        spans = [(k - 1) * dilation + 1 for k in kernel]
        padding = [0, 0, 0, 0]
        for axis in range(2):
            total = {"valid": 0, "same": spans[axis] - 1, "explicit": int(rng.integers(0, spans[axis]))}[pad]
            padding[2 * axis : 2 * axis + 2] = [total // 2, total - total // 2]
        window = (padding[0], padding[1], padding[2], padding[3])
        strides, dilations = (stride, stride), (dilation, dilation)
        active = Activation.RELU if rng.random() < 0.5 else Activation.NONE
        if op.endswith("pool_2d"):
            return self._add(op, [x], PoolAttrs((kernel[0], kernel[1]), strides, window), shape[3])
        first, last = (1, shape[3]) if op == "depthwise_conv_2d" else (channels, channels)
        size = (first, *kernel, shape[3])
        weights = self._constant(rng.integers(-127, 128, size).astype(np.int8), 3 if first == 1 else 0)
        bias = self._builder.constant(
            f"b{self._count}",
            rng.integers(-900, 900, last).astype(np.int32),
            Quantization.per_channel([0.05 * 0.01] * last, 0),
        )
        attrs = DepthwiseConv2DAttrs if op == "depthwise_conv_2d" else Conv2DAttrs
        return self._add(op, [x, weights, bias], attrs(strides, window, dilations, active), last)

    def sum(self, a: str, b: str) -> str:
        return self._add("add", [a, b], BinaryAttrs(), self.shapes[a][3])

    def mean(self, x: str) -> str:
        """The average of the whole image."""
        _, height, width, channels = self.shapes[x]
        return self._add("average_pool_2d", [x], PoolAttrs((height, width), (1, 1)), channels)

    def build(self, *outputs: str) -> Graph:
        return self._builder.build(list(outputs))

    def _constant(self, data: np.ndarray, axis: int) -> str:
        scales = self._rng.uniform(0.002, 0.02, data.shape[axis]).tolist()
        return self._builder.constant(f"w{self._count}", data, Quantization.per_channel(scales, axis))

    def _add(self, op: str, inputs: list[str], attrs: object, channels: int) -> str:
        self._count += 1
        name = f"n{self._count}"
        self._builder.add(op, inputs, attrs, name=name, quantization=_IMAGE)
        graph = self._builder.build([name])
        self.shapes[name] = graph.tensor(name).shape
        return name


def random_chain(seed: int) -> Graph | None:
    """Three to seven operators, or None where the windows do not fit."""
    rng = np.random.default_rng(seed)
    chain = Chain(seed)
    x = chain.input(int(rng.integers(1, 14)), 4 * int(rng.integers(1, 4)), int(rng.choice([1, 3, 4, 8])))
    try:
        for _ in range(int(rng.integers(3, 8))):
            x = _next(chain, x, rng)
        return chain.build(chain.mean(x) if rng.random() < 0.4 else x)
    except EdgeMLError:
        return None


def _next(chain: Chain, x: str, rng: np.random.Generator) -> str:
    if rng.random() < 0.3:
        other = chain.grow(x, "conv_2d", chain.shapes[x][3]) if rng.random() < 0.6 else x
        y = chain.grow(chain.grow(x, "depthwise_conv_2d", 0), "pointwise", chain.shapes[x][3])
        return chain.sum(*((y, other) if rng.random() < 0.5 else (other, y)))
    op = str(rng.choice(["conv_2d", "depthwise_conv_2d", "pointwise", "max_pool_2d", "average_pool_2d"]))
    stride, dilation = int(rng.choice([1, 1, 2, 3])), int(rng.choice([1, 1, 2]))
    pad = str(rng.choice(["same", "valid", "explicit"]))
    return chain.grow(x, op, 4 * int(rng.integers(1, 4)), stride, dilation, pad)
