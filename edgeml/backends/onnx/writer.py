"""Walks a graph, lets each operator spell itself, and puts QuantizeLinear and DequantizeLinear where int8 is.

An int8 activation is stored once as int8 (QuantizeLinear), and each reader has its own DequantizeLinear, so that every
operator stands between DequantizeLinear and QuantizeLinear: the pattern ONNX Runtime turns into integer kernels.
int8 inputs and outputs of the model get one more pair: ONNX Runtime turns pairs into uint8 on x86, and an operator
with int8 on one side and uint8 on the other would run in float32.

Operators with int16 activations spell themselves in integers, which no runtime rounds in another way. Pairs stand at
the model's boundary, where they name the scales, and around what only moves elements; "qdq" writes them as int8 is
written, for tools that look for pairs: runtimes compute such operators in float32.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.backends.onnx.flatten import find_flattenings, permute_columns, split_flattening
from edgeml.backends.onnx.forms import Int16Form
from edgeml.backends.onnx.protos import INT8, ModelProtos
from edgeml.backends.onnx.states import state_input, state_output
from edgeml.errors import GraphError, UnsupportedError
from edgeml.interpreter import initial_value
from edgeml.ir import Array, BoundNode, DType, Graph, Quantization, Shape, State, Tensor
from edgeml.ops import OPS, Unsupported
from edgeml.ops.base import involves_int16
from edgeml.ops.weight_bits import weight_bits

TO_NCHW, TO_NHWC = (0, 3, 1, 2), (0, 2, 3, 1)


def write_graph(graph: Graph, int16: Int16Form) -> bytes:
    """Serialised ONNX model of `graph`; the boundary keeps its element types, names and NHWC layout."""
    return OnnxWriter(split_flattening(graph), int16).write()


class OnnxWriter:
    """The OnnxEmitter of the operators, for one graph."""

    def __init__(self, graph: Graph, int16: Int16Form) -> None:
        self._graph = graph
        self._int16 = int16
        boundary = [name for s in graph.states for name in (state_input(s), state_output(s))]
        self._protos = ModelProtos([*graph.inputs, *graph.outputs, *boundary])
        self._flattenings = find_flattenings(graph)
        # tensor name -> value of the tensor's own element type, in the ONNX layout
        self._stored: dict[str, str] = {}
        self._hint = ""

    def write(self) -> bytes:
        graph = self._graph
        for tensor in graph.input_tensors:
            self._stored[tensor.name] = self._enter(tensor)
        old = [self._enter_state(s) for s in graph.states]
        for bound in graph.bound():
            self._emit(bound)
        # before the outputs get their names: a value may be both
        new = [self._leave_state(s) for s in graph.states]
        for name in dict.fromkeys(graph.outputs):
            self._protos.name_output(self._leave(graph.tensor(name)), name)
        inputs, outputs = (*graph.input_tensors, *old), (*graph.output_tensors, *new)
        return self._protos.serialize(graph.name, inputs, outputs, graph.labels)

    def _enter_state(self, state: State) -> Tensor:
        """A state's old value as an input that may be left out: its default is the initial value."""
        tensor = replace(self._graph.tensor(state.input), name=state_input(state))
        self._stored[state.input] = self._enter(tensor)
        self._protos.default(tensor.name, initial_value(self._graph, state))
        return tensor

    def _leave_state(self, state: State) -> Tensor:
        """A state's new value as an output."""
        tensor = self._graph.tensor(state.output)
        name = state_output(state)
        self._protos.copy_output(self._leave(tensor), name)
        return replace(tensor, name=name)

    def _emit(self, bound: BoundNode) -> None:
        operator = OPS[bound.node.op]
        if isinstance(operator.onnx, Unsupported):
            raise UnsupportedError(
                f"{operator.name} '{bound.name}': {operator.onnx.reason}. Use the LiteRT or C export."
            )
        if operator.onnx_s8 is not None and bound.output.dtype is DType.INT8:
            raise UnsupportedError(
                f"{operator.name} '{bound.name}': int8 {operator.onnx_s8.reason}. Use the LiteRT or C export."
            )
        self._hint = bound.name
        if bound.name in self._flattenings.reshapes:
            shape = self.initializer("shape", np.asarray(bound.output.shape, np.int64))
            self.output(bound, self.node("Reshape", [self.input(bound, 0), shape]))
            return
        exact = self._int16 == "integer" and involves_int16(bound)
        (operator.to_onnx_s16 if exact else operator.to_onnx)(bound, self)

    # What operators ask for (edgeml.ops.base.OnnxEmitter)

    def input(self, bound: BoundNode, index: int) -> str:
        tensor = bound.input(index)
        stored = self._store(tensor)
        # each reader has a DequantizeLinear of its own: ONNX Runtime fuses no operator whose pair is shared
        return self._dequantize(stored, tensor) if tensor.quantization else stored

    def codes(self, bound: BoundNode, index: int) -> str:
        return self._store(bound.input(index))

    def constant(self, bound: BoundNode, index: int, perm: Sequence[int]) -> Array:
        tensor = bound.input(index)
        if tensor.data is None:
            raise GraphError(f"{bound.node.op} '{bound.name}': '{tensor.name}' must be constant.")
        data = tensor.data
        if index == 1 and bound.name in self._flattenings.columns:
            data = permute_columns(data, self._flattenings.columns[bound.name])
        return data.transpose(perm)

    def weight(self, bound: BoundNode, index: int, perm: Sequence[int]) -> str:
        tensor, data = bound.input(index), self.constant(bound, index, perm)
        q = tensor.quantization
        if q is not None and tensor.dtype is DType.INT64:
            # DequantizeLinear knows no int64, which a bias for int16 activations is
            return self.initializer(tensor.name, (data * q.scales.astype(np.float64)).astype(np.float32))
        if index == 1 and weight_bits(bound) == 4:
            # ONNX Runtime folds the Cast into int8 weights; a DequantizeLinear of int4 would make the node float
            value = self.node("Cast", [self._protos.nibbles(tensor.name, data)], to=INT8)
        else:
            value = self.initializer(tensor.name, data)
        if q is None or tensor.dtype is DType.FLOAT32:
            return value
        axis = None if q.axis is None or len(q.scale) == 1 != tensor.shape[q.axis] else list(perm).index(q.axis)
        return self._linear("DequantizeLinear", value, tensor.name, tensor.dtype, q, axis)

    def initializer(self, hint: str, data: Array) -> str:
        return self._protos.initializer(hint, data)

    def node(self, op_type: str, inputs: Sequence[str], **attrs: Any) -> str:
        if op_type == "Identity":
            return inputs[0]
        return self._protos.node(op_type, inputs, self._hint, attrs)

    def nodes(self, op_type: str, inputs: Sequence[str], outputs: int, **attrs: Any) -> tuple[str, ...]:
        return self._protos.nodes(op_type, inputs, self._hint, outputs, attrs)

    def quantized(self, bound: BoundNode, value: str, index: int = 0) -> str:
        tensor = bound.outputs[index]
        return self._dequantize(self._quantize(value, tensor), tensor)

    def output(self, bound: BoundNode, value: str, index: int = 0) -> None:
        tensor = bound.outputs[index]
        if tensor.type.has_codes:
            self._stored[tensor.name] = self._quantize(value, tensor)
        else:
            self._stored[tensor.name] = value

    def output_codes(self, bound: BoundNode, value: str) -> None:
        self._stored[bound.output.name] = value

    def axis(self, rank: int, axis: int) -> int:
        return TO_NCHW.index(axis) if rank == 4 else axis

    # Values

    def _store(self, tensor: Tensor) -> str:
        """The tensor's value in its own element type; constants become initialisers when first used."""
        if tensor.name not in self._stored:
            assert tensor.data is not None
            data = tensor.data.transpose(TO_NCHW) if tensor.data.ndim == 4 else tensor.data
            self._stored[tensor.name] = self.initializer(tensor.name, data)
        return self._stored[tensor.name]

    def _quantize(self, value: str, tensor: Tensor) -> str:
        assert tensor.quantization is not None
        return self._linear("QuantizeLinear", value, tensor.name, tensor.dtype, tensor.quantization, None)

    def _dequantize(self, value: str, tensor: Tensor) -> str:
        q = tensor.quantization
        assert q is not None
        axis = None if q.axis is None else self.axis(len(tensor.shape), q.axis)
        return self._linear("DequantizeLinear", value, tensor.name, tensor.dtype, q, axis)

    def _linear(self, op_type: str, value: str, hint: str, dtype: DType, q: Quantization, axis: int | None) -> str:
        """A QuantizeLinear or DequantizeLinear; `axis` None is one scale for the whole tensor."""
        scale, zero_point = q.scales, q.zero_points.astype(dtype.numpy)
        if axis is None:
            scale, zero_point = scale[0], zero_point[0]
        args = [value, self.initializer(f"{hint}/scale", np.asarray(scale))]
        # an int32 bias is symmetric by definition, and the operator takes no zero point for it
        if dtype is not DType.INT32:
            args.append(self.initializer(f"{hint}/zero_point", np.asarray(zero_point)))
        suffix = "quantized" if op_type == "QuantizeLinear" else "dequantized"
        attrs = {} if axis is None else {"axis": axis}
        return self._protos.node(op_type, args, f"{hint}/{suffix}", attrs)

    def _enter(self, tensor: Tensor) -> str:
        """A graph input in the ONNX layout, as a value of its own element type."""
        if not tensor.type.has_codes:
            return self._layout(tensor.name, tensor, to_nchw=True)
        return self._quantize(self._layout(self._dequantize(tensor.name, tensor), tensor, to_nchw=True), tensor)

    def _leave(self, tensor: Tensor) -> str:
        """A graph output in NHWC, as a value of its own element type."""
        value = self._store(tensor)
        if not tensor.type.has_codes:
            return self._layout(value, tensor, to_nchw=False)
        return self._quantize(self._layout(self._dequantize(value, tensor), tensor, to_nchw=False), tensor)

    def _layout(self, value: str, tensor: Tensor, *, to_nchw: bool) -> str:
        """NHWC to NCHW or back: a Transpose, or a Reshape where the order of the bytes is the same.

        Around int8 a Reshape stands even where nothing changes: without a node between them ONNX Runtime would
        merge the two pairs, and the first and last layers would run in float32.
        """
        shape = tensor.shape
        nchw = tuple(shape[i] for i in TO_NCHW) if len(shape) == 4 else shape
        if nchw == shape and _same_order(shape) and not tensor.type.has_codes:
            return value
        hint = f"{tensor.name}/{'nchw' if to_nchw else 'nhwc'}"
        if not _same_order(shape):
            return self._protos.node("Transpose", [value], hint, {"perm": TO_NCHW if to_nchw else TO_NHWC})
        target = self.initializer(f"{hint}_shape", np.asarray(nchw if to_nchw else shape, np.int64))
        return self._protos.node("Reshape", [value, target], hint, {})


def _same_order(shape: Shape) -> bool:
    """Whether NHWC and NCHW are the same bytes; other ranks than 4 have one layout."""
    return len(shape) != 4 or shape[3] == 1 or shape[1] * shape[2] == 1
