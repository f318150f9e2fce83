"""Float graphs that lose accuracy in one known way when they are quantised."""

from __future__ import annotations

import numpy as np

from edgeml.interpreter import run_single
from edgeml.ir import Array, Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.pooling import PoolAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.quantize import QuantizeResult, dequantize_output, quantize_input
from edgeml.quantize.sqnr import sqnr_db

CLASSES = 4


def output_db(result: QuantizeResult, x: Array) -> float:
    """SQNR in dB of the whole model's output."""
    graph = result.graph
    codes = quantize_input(x, graph.input_tensors[0].type)
    real = dequantize_output(run_single(graph, codes), graph.output_tensors[0].type)
    return sqnr_db(run_single(result.float_graph, x), real)


def pooled(peak: float = 40.0, size: int = 8, channels: int = 8) -> tuple[Graph, Array]:
    """conv 1x1, global average pool, dense. One pixel in the image is `peak` times as bright as the others."""
    rng = np.random.default_rng(0)
    b = GraphBuilder("pooled", OPS)
    w = b.constant("w", np.abs(rng.normal(size=(channels, 1, 1, 3))).astype(np.float32))
    image = b.input("x", (1, size, size, 3))
    y = b.add("conv_2d", [image, w, ""], Conv2DAttrs(activation=Activation.RELU), name="conv")
    y = b.add("average_pool_2d", [y], PoolAttrs((size, size), (size, size)), name="pool")
    y = b.add("reshape", [y], ReshapeAttrs((1, channels)), name="flatten")
    dense = b.constant("dense_w", rng.normal(size=(CLASSES, channels)).astype(np.float32))
    graph = b.build([b.add("fully_connected", [y, dense, ""], FullyConnectedAttrs(), name="dense")])
    x = rng.random((96, size, size, 3)).astype(np.float32)
    x[:, 0, 0] *= peak
    return graph, x


def near_constant(classes: int = CLASSES) -> tuple[Graph, Array]:
    """conv 1x1, depthwise 3x3 on channels that hardly change, conv 1x1, global pool, dense.

    The depthwise layer takes differences of channels of mean 5 and deviation 0.1, so that the rounding of its weights
    is an offset larger than its signal.
    """
    rng = np.random.default_rng(1)
    channels, size = 8, 10
    b = GraphBuilder("near_constant", OPS)
    first = rng.normal(size=(channels, 1, 1, 3)).astype(np.float32) * np.float32(0.3)
    five = b.constant("five", np.full(channels, 5.0, np.float32))
    y = b.add("conv_2d", [b.input("x", (1, size, size, 3)), b.constant("w0", first), five], Conv2DAttrs(), name="first")
    kernel = rng.normal(size=(1, 3, 3, channels)).astype(np.float32)
    kernel -= kernel.mean(axis=(1, 2), keepdims=True)
    y = b.add("depthwise_conv_2d", [y, b.constant("w1", kernel), ""], DepthwiseConv2DAttrs(), name="depthwise")
    last = rng.normal(size=(16, 1, 1, channels)).astype(np.float32)
    y = b.add("conv_2d", [y, b.constant("w2", last), ""], Conv2DAttrs(activation=Activation.RELU), name="last")
    y = b.add("average_pool_2d", [y], PoolAttrs((8, 8), (8, 8)), name="pool")
    y = b.add("reshape", [y], ReshapeAttrs((1, 16)), name="flatten")
    dense = rng.normal(size=(classes, 16)).astype(np.float32)
    y = b.add("fully_connected", [y, b.constant("w3", dense), ""], FullyConnectedAttrs(), name="dense")
    x = rng.normal(size=(160, size, size, 3)).astype(np.float32) * np.float32(0.2)
    x *= rng.random((160, 1, 1, 3)).astype(np.float32) * 2
    return b.build([y]), x
