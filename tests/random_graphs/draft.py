"""A random graph in the making: every activation carries real values, so that scales fit what flows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from edgeml.errors import GraphError, UnsupportedError
from edgeml.ir import Array, Attributes, BoundNode, DType, Graph, Node, Quantization, Tensor, TensorType
from edgeml.ops import OPS
from edgeml.ops.common import Activation

# what a grower may ask of the source of choices: an integer in [low, high], both included
Choose = Callable[[int, int], int]
# activations with more elements are not grown further
MAX_ELEMENTS = 4096


class Draft:
    """Tensors and nodes in order. All structural choices come from `choose`, so that they shrink; the data of
    constants and inputs come from one generator whose seed is a choice too."""

    def __init__(self, choose: Choose, int8: bool) -> None:
        self.choose, self.int8 = choose, int8
        self.rng = np.random.default_rng(choose(0, 2**16))
        self.tensors: dict[str, Tensor] = {}
        self.nodes: list[Node] = []
        self.inputs: list[str] = []
        # real values of one sample for every activation
        self.values: dict[str, Array] = {}

    # choices

    def chance(self, percent: int) -> bool:
        """True in `percent` of cases; shrinks to False."""
        return self.choose(0, 99) >= 100 - percent

    def pick(self, options: Sequence[object]) -> object:
        return options[self.choose(0, len(options) - 1)]

    def activation(self) -> Activation:
        return Activation(self.choose(0, 3)) if self.chance(50) else Activation.NONE

    def existing(self, accept: Callable[[Tensor], bool]) -> str | None:
        """An activation that `accept` takes, later ones first; None when there is none."""
        found = [n for n in self.values if accept(self.tensors[n])]
        return found[-1 - self.choose(0, min(3, len(found) - 1))] if found else None

    # tensors

    def input(self, shape: tuple[int, ...]) -> str:
        name = f"input{len(self.inputs)}"
        spread = float(np.exp(self.rng.uniform(-3, 3)))
        real = (self.rng.normal(size=shape) * spread).astype(np.float32)
        self.inputs.append(name)
        self._define(name, real, self._quantization(real) if self.int8 else None)
        return name

    def weights(self, x: str, shape: tuple[int, ...], axis: int) -> str:
        """Constant weights for the input `x`, one scale for each index of `axis`; sometimes only zeros or ends."""
        real = (self.rng.normal(size=shape) / np.sqrt(max(1, np.prod(shape) / shape[axis]))).astype(np.float32)
        if self.tensors[x].dtype is not DType.INT8:
            return self._constant(real, None)
        others = tuple(i for i in range(len(shape)) if i != axis)
        peak = np.maximum(np.abs(real).max(axis=others, keepdims=True), 1e-6)
        codes = np.clip(np.rint(real / peak * 127), -127, 127).astype(np.int8)
        if self.chance(10):
            codes = self.rng.choice(np.array([-127, 127], np.int8), shape)
        if self.chance(10):
            codes.reshape(-1)[:: max(1, codes.size // 3)] = 0
        return self._constant(codes, Quantization.per_channel(peak.reshape(-1) / np.float32(127), axis))

    def bias(self, x: str, w: str, size: int) -> str:
        if self.chance(15):
            return ""
        real = self.rng.normal(size=size).astype(np.float32) * np.float32(np.abs(self.values[x]).max() + 1e-3)
        if self.tensors[x].dtype is not DType.INT8:
            return self._constant(real, None)
        wq = self.tensors[w].quantization
        assert wq is not None
        scales = np.broadcast_to(np.float32(self.tensors[x].type.scale) * wq.scales, (size,))
        codes = np.clip(np.rint(real / scales), -(2**24), 2**24).astype(np.int32)
        return self._constant(codes, Quantization.per_channel(scales, 0))

    def operand(self, shape: tuple[int, ...], *, int8: bool) -> str:
        """A constant operand of an elementwise operator."""
        real = self.rng.normal(size=shape).astype(np.float32)
        if not int8:
            return self._constant(real, None)
        return self._constant(_codes(real, q := self._quantization(real)), q)

    def plain(self, data: Array) -> str:
        """A constant without quantisation (indices)."""
        return self._constant(data, None)

    # nodes

    def grow(self, op: str, inputs: Sequence[str], attrs: Attributes | None = None) -> str | None:
        """Append a node; None when the operator refuses it (its constraints are part of its contract)."""
        node = Node(op, f"n{len(self.nodes)}", tuple(inputs), (f"n{len(self.nodes)}",), attrs or Attributes())
        args = [self.tensors[n] if n else None for n in inputs]
        try:
            (type_,) = OPS[op].infer(node.attrs, [t.type if t is not None else None for t in args])
            if type_.elements > MAX_ELEMENTS:
                return None
            real = self._real(node, args, type_)
            if not np.isfinite(real).all() or np.abs(real).max(initial=0) > 1e6:
                return None
            q = self._output(op, args, real) if type_.dtype is DType.INT8 else None
            out = Tensor(node.name, TensorType(type_.shape, type_.dtype, q))
            OPS[op].check(BoundNode(node, tuple(args), (out,)))
        except (GraphError, UnsupportedError):
            return None
        self.nodes.append(node)
        self._define(node.name, real, q, type_.dtype)
        return node.name

    def graph(self) -> Graph:
        """The graph with every value nobody reads as an output (four at most, the last ones)."""
        read = {n for node in self.nodes for n in node.inputs}
        outputs = [node.name for node in self.nodes if node.name not in read][-4:]
        graph = Graph("random", tuple(self.inputs), tuple(outputs), self.tensors, tuple(self.nodes))
        return graph.with_nodes(graph.nodes)

    def _real(self, node: Node, args: list[Tensor | None], type_: TensorType) -> Array:
        """The node's output on the sample, in float32 arithmetic."""
        plain: list[Tensor | None] = []
        values: list[Array | None] = []
        for name, tensor in zip(node.inputs, args, strict=True):
            if tensor is None:
                plain.append(None)
                values.append(None)
                continue
            real = self.values[name] if name in self.values else _reals(tensor)
            kind = DType.FLOAT32 if tensor.quantization is not None else tensor.dtype
            plain.append(
                replace(tensor, type=TensorType(tensor.shape, kind), data=real if tensor.is_constant else None)
            )
            values.append(real)
        kind = DType.FLOAT32 if type_.dtype is DType.INT8 else type_.dtype
        out = Tensor(node.name, TensorType(type_.shape, kind))
        if node.op in ("quantize", "dequantize"):  # changes the scale, not the reals
            assert values[0] is not None
            return values[0]
        with np.errstate(all="ignore"):
            return OPS[node.op].reference(BoundNode(node, tuple(plain), (out,)), *values)[0]

    def _output(self, op: str, args: list[Tensor | None], real: Array) -> Quantization:
        operator = OPS[op]
        if operator.fixed_output is not None:
            return Quantization.per_tensor(*operator.fixed_output)
        if operator.same_quantization and args[0] is not None and args[0].quantization is not None:
            return args[0].quantization
        return self._quantization(real)

    def _quantization(self, real: Array) -> Quantization:
        """A scale that covers the values, or a corner: too fine, too coarse, a power of two, an odd zero point."""
        low, high = min(float(real.min(initial=0)), 0.0), max(float(real.max(initial=0)), 0.0)
        scale = max((high - low) / 255, 1e-5)
        zero = int(np.clip(np.rint(-128 - low / scale), -128, 127))
        match self.choose(0, 9):
            case 6:
                scale /= 3
            case 7:
                scale *= 3
            case 8:
                scale = float(2.0 ** np.rint(np.log2(scale)))
            case 9:
                zero = self.choose(-128, 127)
            case _:
                pass
        return Quantization.per_tensor(scale, zero)

    def _define(self, name: str, real: Array, q: Quantization | None, dtype: DType = DType.FLOAT32) -> None:
        kind = DType.INT8 if q is not None else dtype
        self.tensors[name] = Tensor(name, TensorType(real.shape, kind, q))
        self.values[name] = real if q is None else _reals(replace(self.tensors[name], data=_codes(real, q)))

    def _constant(self, data: Array, q: Quantization | None) -> str:
        name = f"c{len(self.tensors)}"
        self.tensors[name] = Tensor(name, TensorType(data.shape, DType(data.dtype.name), q), data)
        return name


def arithmetic(tensor: Tensor) -> bool:
    """Whether a tensor stands for real numbers."""
    return tensor.quantization is not None or tensor.dtype is DType.FLOAT32


def _codes(real: Array, q: Quantization) -> Array:
    return np.clip(np.rint(real / np.float32(q.scale[0])) + q.zero_point[0], -128, 127).astype(np.int8)


def _reals(tensor: Tensor) -> Array:
    """Dequantised data of a tensor; data without quantisation stays as it is."""
    data, q = tensor.data, tensor.quantization
    assert data is not None
    if q is None:
        return data
    shape = [1] * data.ndim
    if q.axis is not None:
        shape[q.axis] = -1
    return np.asarray((data.astype(np.float32) - q.zero_points.reshape(shape)) * q.scales.reshape(shape), np.float32)
