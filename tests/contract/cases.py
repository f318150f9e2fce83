"""Random one-operator graphs, one generator for each operator in OPS."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from edgeml.ir import Array, Attributes, DType, Graph, GraphBuilder, Quantization
from edgeml.ops import OPS
from edgeml.ops.common import NO_PADDING, Activation, same_padding_2d
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.mean import MeanAttrs
from edgeml.ops.pad import PadAttrs
from edgeml.ops.pooling import PoolAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.ops.softmax import SoftmaxAttrs

Rng = np.random.Generator
ACTIVATIONS = list(Activation)


class Draft:
    """A graph of one node in the making, int8 or float32."""

    def __init__(self, rng: Rng, int8: bool) -> None:
        self.rng, self.int8 = rng, int8
        self.builder = GraphBuilder("case", OPS)
        self.count = 0
        self.ties = bool(rng.random() < 0.5)

    def snap(self, scale: float) -> float:
        """The next power of two in graphs that look for ties, else `scale`."""
        return float(2.0 ** np.rint(np.log2(scale))) if self.ties else float(scale)

    def quantization(self, low: float = 1e-3, high: float = 0.3) -> Quantization:
        """Log-uniform scale; the zero point is often at an end of the range, as after relu.

        Every other graph has powers of two only, so that exact ties between two steps are frequent.
        """
        scale = self.snap(np.exp(self.rng.uniform(np.log(low), np.log(high))))
        zero = int(self.rng.choice([self.rng.integers(-128, 128), -128, 0, 127], p=[0.6, 0.2, 0.15, 0.05]))
        return Quantization.per_tensor(float(scale), zero)

    def near(self, q: Quantization, decades: float = 1.0) -> Quantization:
        """Another quantisation whose scale differs by up to `decades` powers of ten."""
        other = self.quantization()
        return Quantization.per_tensor(
            self.snap(q.scale[0] * 10 ** self.rng.uniform(-decades, decades)), other.zero_point[0]
        )

    def input(self, shape: tuple[int, ...], q: Quantization | None = None) -> str:
        name = f"x{self.count}"
        self.count += 1
        if not self.int8:
            return self.builder.input(name, shape)
        return self.builder.input(name, shape, DType.INT8, q or self.quantization())

    def constant(self, shape: tuple[int, ...], q: Quantization | None = None) -> str:
        name = f"c{self.count}"
        self.count += 1
        if not self.int8:
            return self.builder.constant(name, self.rng.normal(size=shape).astype(np.float32))
        data = self.rng.integers(-128, 128, shape).astype(np.int8)
        return self.builder.constant(name, data, q or self.quantization())

    def build(self, op: str, inputs: list[str], attrs: Attributes, q: Quantization | None) -> Graph:
        out = self.builder.add(op, inputs, attrs, name="y", quantization=q)
        return self.builder.build([out])

    def weights(self, shape: tuple[int, ...], axis: int) -> str:
        """Weights: int8 has one scale for each index of `axis`."""
        if not self.int8:
            return self.builder.constant("w", (self.rng.normal(size=shape) * 0.3).astype(np.float32))
        scales = np.array([self.snap(s) for s in np.exp(self.rng.uniform(np.log(1e-3), np.log(0.05), shape[axis]))])
        data = self.rng.integers(-127, 128, shape).astype(np.int8)
        return self.builder.constant("w", data, Quantization.per_channel(scales, axis))

    def bias(self, x: str, w: str, size: int) -> str:
        if self.rng.random() < 0.15:
            return ""
        if not self.int8:
            return self.builder.constant("b", self.rng.normal(size=size).astype(np.float32))
        tensors = self.builder.build([x]).tensors
        scale = np.float32(tensors[x].type.scale) * tensors[w].quantization.scales
        q = Quantization.per_channel(np.broadcast_to(scale, (size,)), 0)
        return self.builder.constant("b", self.rng.integers(-5000, 5000, size).astype(np.int32), q)

    def activation(self) -> Activation:
        return Activation.NONE if self.rng.random() < 0.4 else ACTIVATIONS[self.rng.integers(1, 4)]

    def output_for_sum(self, x: Quantization, w: float, terms: int) -> Quantization:
        """A quantisation in which a sum of products neither vanishes nor saturates everywhere."""
        spread = x.scale[0] * w * 40 * 80 * np.sqrt(terms) / 128
        scale = self.snap(spread * np.exp(self.rng.uniform(-1.5, 1.5)))
        return Quantization.per_tensor(scale, self.quantization().zero_point[0])


def _window(rng: Rng) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
    """(height, width), kernel, stride."""
    kernel = (int(rng.integers(1, 5)), int(rng.integers(1, 5)))
    size = (kernel[0] + int(rng.integers(0, 7)), kernel[1] + int(rng.integers(0, 7)))
    return size, kernel, (int(rng.integers(1, 4)), int(rng.integers(1, 4)))


def _convolution(rng: Rng, int8: bool, depthwise: bool) -> Graph:
    d = Draft(rng, int8)
    size, kernel, stride = _window(rng)
    dilation = (1, 1)
    if stride == (1, 1) and rng.random() < 0.4:
        dilation = (int(rng.integers(1, 3)), int(rng.integers(1, 3)))
    size = tuple(s + (k - 1) * (dl - 1) for s, k, dl in zip(size, kernel, dilation, strict=True))
    channels = int(rng.integers(1, 9))
    shape = (1, *size, channels)
    padding = same_padding_2d(shape, kernel, stride, dilation) if rng.random() < 0.5 else NO_PADDING
    if depthwise:
        outputs = channels * int(rng.choice([1, 1, 1, 2, 3]))
        w_shape, axis = (1, *kernel, outputs), 3
        terms, kind = kernel[0] * kernel[1], DepthwiseConv2DAttrs
    else:
        outputs = int(rng.integers(1, 18))
        w_shape, axis = (outputs, *kernel, channels), 0
        terms, kind = kernel[0] * kernel[1] * channels, Conv2DAttrs
    q = d.quantization()
    x = d.input(shape, q)
    w = d.weights(w_shape, axis)
    inputs = [x, w, d.bias(x, w, outputs)]
    attrs = kind(stride, padding, dilation, d.activation())
    return d.build(
        "depthwise_conv_2d" if depthwise else "conv_2d",
        inputs,
        attrs,
        d.output_for_sum(q, 0.01, terms) if int8 else None,
    )


def conv_2d(rng: Rng, int8: bool) -> Graph:
    return _convolution(rng, int8, depthwise=False)


def depthwise_conv_2d(rng: Rng, int8: bool) -> Graph:
    return _convolution(rng, int8, depthwise=True)


def fully_connected(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    size, outputs = int(rng.integers(1, 70)), int(rng.integers(1, 20))
    keep = bool(rng.random() < 0.3)
    rows = int(rng.integers(1, 4))
    shape = [(1, size), (rows, size), (1, rows, size), (1, 1, 1, size)][rng.integers(4)]
    q = d.quantization()
    x = d.input(shape, q)
    w = d.weights((outputs, size), 0)
    attrs = FullyConnectedAttrs(d.activation(), keep)
    return d.build(
        "fully_connected", [x, w, d.bias(x, w, outputs)], attrs, d.output_for_sum(q, 0.01, size) if int8 else None
    )


def _pool(rng: Rng, int8: bool, op: str) -> Graph:
    d = Draft(rng, int8)
    size, kernel, stride = _window(rng)
    shape = (1, *size, int(rng.integers(1, 20)))
    padding = same_padding_2d(shape, kernel, stride) if rng.random() < 0.5 else NO_PADDING
    q = d.quantization() if int8 else None
    return d.build(op, [d.input(shape, q)], PoolAttrs(kernel, stride, padding, d.activation()), q)


def max_pool_2d(rng: Rng, int8: bool) -> Graph:
    return _pool(rng, int8, "max_pool_2d")


def average_pool_2d(rng: Rng, int8: bool) -> Graph:
    return _pool(rng, int8, "average_pool_2d")


def _shape(rng: Rng, low: int = 1, high: int = 4) -> tuple[int, ...]:
    """A shape of any rank; the first dimension is usually a batch of 1."""
    rank = int(rng.integers(low, high + 1))
    shape = [int(n) for n in rng.integers(1, 10, rank)]
    if rank > 1 and rng.random() < 0.7:
        shape[0] = 1
    return tuple(shape)


def mean(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = _shape(rng, 2)
    if rng.random() < 0.6:
        shape, axes = (1, *(int(n) for n in rng.integers(1, 12, 3))), (1, 2)
    else:
        first = int(rng.integers(0, len(shape)))
        axes = tuple(range(first, int(rng.integers(first + 1, len(shape) + 1))))
    q = d.quantization() if int8 else None
    x = d.input(shape, q)
    keep = bool(rng.random() < 0.5) or len(axes) == len(shape)
    return d.build("mean", [x], MeanAttrs(axes, keep), d.near(q, 0.5) if q else None)


def _binary(rng: Rng, int8: bool, op: str) -> Graph:
    d = Draft(rng, int8)
    shape = _shape(rng)
    other = shape
    kind = rng.random()
    if kind < 0.2:
        other = shape[-1:]
    elif kind < 0.4:
        other = tuple(1 if rng.random() < 0.5 else n for n in shape)
    elif kind < 0.5:
        other = (1,)
    qa = d.quantization()
    qb = d.near(qa) if op == "add" else d.quantization()
    if op == "add":
        out = d.near(Quantization.per_tensor(max(qa.scale[0], qb.scale[0]), 0), 0.7)
    else:
        out = d.near(Quantization.per_tensor(qa.scale[0] * qb.scale[0] * 64, 0), 0.7)
    a = d.input(shape, qa)
    if rng.random() < 0.1:
        b = a
        out = d.near(Quantization.per_tensor(qa.scale[0] ** 2 * 64, 0), 0.7) if op == "mul" else out
    else:
        b = d.constant(other, qb) if rng.random() < 0.4 else d.input(other, qb)
    operands = [a, b] if rng.random() < 0.5 else [b, a]
    return d.build(op, operands, BinaryAttrs(d.activation()), out if int8 else None)


def add(rng: Rng, int8: bool) -> Graph:
    return _binary(rng, int8, "add")


def mul(rng: Rng, int8: bool) -> Graph:
    return _binary(rng, int8, "mul")


def _unary(rng: Rng, int8: bool, op: str) -> Graph:
    d = Draft(rng, int8)
    q = d.quantization()
    x = d.input(_shape(rng), q)
    fixed = OPS[op].fixed_output
    out = Quantization.per_tensor(*fixed) if fixed else q if rng.random() < 0.3 else d.near(q)
    return d.build(op, [x], Attributes(), out if int8 else None)


def relu(rng: Rng, int8: bool) -> Graph:
    return _unary(rng, int8, "relu")


def relu6(rng: Rng, int8: bool) -> Graph:
    return _unary(rng, int8, "relu6")


def tanh(rng: Rng, int8: bool) -> Graph:
    return _unary(rng, int8, "tanh")


def logistic(rng: Rng, int8: bool) -> Graph:
    return _unary(rng, int8, "logistic")


def softmax(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = (*_shape(rng, 1, 3), int(rng.choice([1, 2, 3, 10, 12, 17, 64, 100])))
    x = d.input(shape, d.quantization(1e-3, 1.0))
    beta = 1.0 if rng.random() < 0.7 else float(np.float32(rng.uniform(0.1, 3)))
    return d.build("softmax", [x], SoftmaxAttrs(beta), Quantization.per_tensor(1 / 256, -128) if int8 else None)


def reshape(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = _shape(rng)
    size = int(np.prod(shape))
    target = [(1, size), (size,), (*shape, 1), (1, *shape), shape[::-1]][rng.integers(5)]
    q = d.quantization() if int8 else None
    return d.build("reshape", [d.input(shape, q)], ReshapeAttrs(tuple(target)), q)


def pad(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = _shape(rng)
    paddings = tuple((int(rng.integers(0, 4)), int(rng.integers(0, 4))) for _ in shape)
    if rng.random() < 0.6:
        paddings = ((0, 0), *paddings[1:])
    q = d.quantization() if int8 else None
    return d.build("pad", [d.input(shape, q)], PadAttrs(paddings), q)


def concatenation(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = _shape(rng)
    axis = int(rng.integers(0, len(shape)))
    q = d.quantization() if int8 else None
    names = []
    for i in range(int(rng.integers(1, 9))):
        part = (*shape[:axis], int(rng.integers(1, 6)), *shape[axis + 1 :])
        names.append(d.constant(part, q) if i and rng.random() < 0.2 else d.input(part, q))
    return d.build("concatenation", names, ConcatenationAttrs(axis), q)


def quantize(rng: Rng, int8: bool) -> Graph:
    """`int8`: from int8 to int8, else from float32."""
    d = Draft(rng, int8)
    q = d.quantization()
    return d.build("quantize", [d.input(_shape(rng), q)], Attributes(), d.near(q))


def dequantize(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, True)
    return d.build("dequantize", [d.input(_shape(rng))], Attributes(), None)


CASES: Mapping[str, Callable[[Rng, bool], Graph]] = {
    "conv_2d": conv_2d,
    "depthwise_conv_2d": depthwise_conv_2d,
    "fully_connected": fully_connected,
    "max_pool_2d": max_pool_2d,
    "average_pool_2d": average_pool_2d,
    "mean": mean,
    "add": add,
    "mul": mul,
    "relu": relu,
    "relu6": relu6,
    "tanh": tanh,
    "logistic": logistic,
    "softmax": softmax,
    "reshape": reshape,
    "pad": pad,
    "concatenation": concatenation,
    "quantize": quantize,
    "dequantize": dequantize,
}


def random_inputs(graph: Graph, rng: Rng) -> dict[str, Array]:
    """Values over the whole int8 range, sometimes only its ends; floats within a few output steps of everywhere."""
    values: dict[str, Array] = {}
    for tensor in graph.input_tensors:
        if tensor.dtype is DType.INT8:
            ends = rng.random() < 0.1
            data = rng.choice([-128, 127], tensor.shape) if ends else rng.integers(-128, 128, tensor.shape)
            values[tensor.name] = data.astype(np.int8)
        else:
            step = graph.output_tensors[0].quantization
            spread = 80 * step.scale[0] if step else rng.choice([0.5, 2.0, 8.0])
            values[tensor.name] = (rng.normal(size=tensor.shape) * spread).astype(np.float32)
            if step and rng.random() < 0.3:
                # halfway between two steps
                halves = np.rint(values[tensor.name] / step.scale[0]) + 0.5
                values[tensor.name] = (halves * step.scale[0]).astype(np.float32)
    return values
