"""Random networks, quantised by edgeml, for whole-model tests of the ONNX export."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, Attributes, Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.mean import MeanAttrs
from edgeml.ops.pooling import PoolAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.ops.softmax import SoftmaxAttrs
from edgeml.quantize import quantize


class Network:
    """Layers appended one after the other, with random weights."""

    def __init__(self, seed: int, shape: tuple[int, ...]) -> None:
        self.rng = np.random.default_rng(seed)
        self.builder = GraphBuilder("network", OPS)
        self.shape = shape
        self.last = self.builder.input("input", shape)

    def add(self, op: str, attrs: Attributes, *constants: Array) -> None:
        count = len(self.builder.build([self.last]).nodes)
        names = [self.builder.constant(f"c{count}_{i}", c.astype(np.float32)) for i, c in enumerate(constants)]
        self.last = self.builder.add(op, [self.last, *names], attrs, name=f"{op}_{count}")
        self.shape = self.builder.build([self.last]).tensor(self.last).shape

    def normal(self, *shape: int, fan_in: int) -> Array:
        return self.rng.normal(0, 1 / np.sqrt(fan_in), shape)

    def conv(self, channels: int, activation: Activation, stride: int = 1, padding: int = 1) -> None:
        c = self.shape[3]
        attrs = Conv2DAttrs((stride, stride), (padding,) * 4, (1, 1), activation)
        weights = self.normal(channels, 3, 3, c, fan_in=9 * c)
        self.add("conv_2d", attrs, weights, self.normal(channels, fan_in=4))

    def depthwise(self, activation: Activation) -> None:
        c = self.shape[3]
        attrs = DepthwiseConv2DAttrs((1, 1), (1, 1, 1, 1), (1, 1), activation)
        self.add("depthwise_conv_2d", attrs, self.normal(1, 3, 3, c, fan_in=9), self.normal(c, fan_in=4))

    def dense(self, size: int, activation: Activation = Activation.NONE) -> None:
        i = int(np.prod(self.shape))
        self.add(
            "fully_connected",
            FullyConnectedAttrs(activation),
            self.normal(size, i, fan_in=i),
            self.normal(size, fan_in=4),
        )

    def build(self, *, int8: bool) -> Graph:
        graph = self.builder.build([self.last], ["a", "b", "c"])
        if not int8:
            return graph
        samples = self.rng.normal(size=(64, *graph.input_tensors[0].shape[1:])).astype(np.float32)
        return quantize(graph, samples).graph


def cnn(seed: int, *, int8: bool, softmax: bool = True) -> Graph:
    """Convolutions, depthwise, pool, flatten over several channels and pixels, dense; activations vary."""
    n = Network(seed, (1, 12, 12, 3))
    acts = [Activation.RELU, Activation.RELU6, Activation.NONE]
    n.conv(8, acts[seed % 3])
    n.depthwise(acts[(seed + 1) % 3])
    n.add("max_pool_2d", PoolAttrs((2, 2), (2, 2)))
    n.conv(10, Activation.RELU, stride=2, padding=seed % 2)
    n.add("reshape", ReshapeAttrs((1, int(np.prod(n.shape)))))
    n.dense(12, Activation.RELU)
    n.dense(5)
    if softmax:
        n.add("softmax", SoftmaxAttrs(1.0))
    return n.build(int8=int8)


def mean_net(seed: int, *, int8: bool) -> Graph:
    """Convolutions and a global average instead of flattening."""
    n = Network(seed, (1, 9, 7, 1))
    n.conv(6, Activation.RELU)
    n.conv(12, Activation.RELU6, stride=2)
    n.add("mean", MeanAttrs((1, 2), False))
    n.dense(4)
    return n.build(int8=int8)


def mlp(seed: int, *, int8: bool, softmax: bool = True) -> Graph:
    n = Network(seed, (1, 30))
    n.dense(24, Activation.RELU)
    n.dense(16, Activation.RELU6)
    n.dense(6)
    if softmax:
        n.add("softmax", SoftmaxAttrs(1.0))
    return n.build(int8=int8)


def image_to_image(seed: int, *, int8: bool) -> Graph:
    """A rank-4 output, so that both ends need another layout."""
    n = Network(seed, (1, 6, 5, 3))
    n.conv(4, Activation.RELU)
    n.conv(2, Activation.NONE)
    return n.build(int8=int8)
