"""A one-operator graph in the making, and values for its inputs."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, Attributes, DType, Graph, GraphBuilder, Quantization
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.gather import GatherAttrs

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


def random_shape(rng: Rng, low: int = 1, high: int = 4) -> tuple[int, ...]:
    """A shape of any rank; the first dimension is usually a batch of 1."""
    rank = int(rng.integers(low, high + 1))
    shape = [int(n) for n in rng.integers(1, 10, rank)]
    if rank > 1 and rng.random() < 0.7:
        shape[0] = 1
    return tuple(shape)


def integers(rng: Rng, shape: tuple[int, ...], dtype: DType) -> Array:
    """Integers (or booleans) of every size, often small."""
    if dtype is DType.BOOL:
        return rng.random(shape) < 0.5
    info = np.iinfo(dtype.numpy)
    low, high = (info.min, info.max) if rng.random() < 0.5 else (max(info.min, -300), min(info.max, 300))
    return rng.integers(low, high, shape, dtype.numpy, endpoint=True)


def int16_values(shape: tuple[int, ...], rng: Rng) -> Array:
    """Codes over the whole range, only its ends, or near 0."""
    kind = rng.random()
    if kind < 0.1:
        return rng.choice([-32768, 32767], shape).astype(np.int16)
    reach = 32768 if kind < 0.7 else int(rng.integers(2, 3000))
    return rng.integers(-reach, reach, shape).astype(np.int16)


def _indexed_size(graph: Graph, name: str) -> int | None:
    """How many elements an input of indices chooses from: LiteRT fails on an index beyond them."""
    node = graph.nodes[0]
    if not isinstance(node.attrs, GatherAttrs) or node.inputs[1] != name:
        return None
    return graph.tensor(node.inputs[0]).shape[node.attrs.axis]


def confine(op: str, index: int, data: Array) -> Array:
    """Values of input `index` within the domain of `op`, and away from where a rounding decides the result."""
    if op in ("log", "sqrt", "rsqrt"):
        return np.asarray(np.abs(data) + np.float32(1e-3), data.dtype) if data.dtype == np.float32 else data
    if op in ("div", "floor_div", "floor_mod") and index == 1:
        if data.dtype == np.float32:
            return np.asarray(data + np.where(data < 0, np.float32(-0.1), np.float32(0.1)), np.float32)
        return np.asarray(np.where(data == 0, 7, data), data.dtype)
    if op == "pow":
        if data.dtype == np.float32:
            return np.asarray(np.abs(data) + 0.1 if index == 0 else np.clip(data, -3, 3), np.float32)
        return np.asarray(data % 11 - 5 if index == 0 else data % 7, data.dtype)
    return data


def random_inputs(graph: Graph, rng: Rng) -> dict[str, Array]:
    """Values over the whole int8 range, sometimes only its ends; floats within a few output steps of everywhere."""
    values: dict[str, Array] = {}
    for tensor in graph.input_tensors:
        if tensor.dtype is DType.INT8:
            ends = rng.random() < 0.1
            data = rng.choice([-128, 127], tensor.shape) if ends else rng.integers(-128, 128, tensor.shape)
            values[tensor.name] = data.astype(np.int8)
        elif (indexed := _indexed_size(graph, tensor.name)) is not None:
            values[tensor.name] = rng.integers(0, indexed, tensor.shape, tensor.dtype.numpy)
        elif tensor.dtype is DType.INT16 and tensor.quantization is not None:
            values[tensor.name] = int16_values(tensor.shape, rng)
        elif tensor.dtype is not DType.FLOAT32:
            values[tensor.name] = integers(rng, tensor.shape, tensor.dtype)
        else:
            step = graph.output_tensors[0].quantization
            spread = 80 * step.scale[0] if step else rng.choice([0.5, 2.0, 8.0])
            values[tensor.name] = (rng.normal(size=tensor.shape) * spread).astype(np.float32)
            if step and rng.random() < 0.3:
                # halfway between two steps
                halves = np.rint(values[tensor.name] / step.scale[0]) + 0.5
                values[tensor.name] = (halves * step.scale[0]).astype(np.float32)
    # where one tensor is both operands, it must suit both
    for node in graph.nodes:
        for index, name in enumerate(node.inputs):
            if name in values:
                values[name] = confine(node.op, index, values[name])
    return values


def random_states(graph: Graph, rng: Rng) -> dict[str, Array]:
    """Values of the states in the middle of a stream."""
    values: dict[str, Array] = {}
    for state in graph.states:
        tensor = graph.tensor(state.input)
        if tensor.dtype is DType.FLOAT32:
            values[tensor.name] = rng.normal(size=tensor.shape).astype(np.float32)
        else:
            limits = np.iinfo(tensor.dtype.numpy)
            values[tensor.name] = rng.integers(limits.min, limits.max + 1, tensor.shape).astype(tensor.dtype.numpy)
    return values
