"""Writes a Graph as a .tflite file."""

from __future__ import annotations

from dataclasses import replace

from edgeml.backends.boundary import IO, with_io
from edgeml.backends.explicit_padding import split_padding
from edgeml.backends.litert_states import (
    closing,
    handles,
    initial_graph,
    keeps_its_states,
    opening,
    resource_states,
    variable_tensors,
)
from edgeml.backends.unroll import unroll_recurrence
from edgeml.backends.zero_bias import add_zero_bias
from edgeml.errors import UnsupportedError
from edgeml.formats.litert import OperatorRecord, TensorRecord, TfliteModel, write
from edgeml.frontends.litert import LABELS_METADATA
from edgeml.frontends.litert.dialects import to_uint8
from edgeml.ir import BoundNode, DType, Graph, Numerics, TensorType
from edgeml.ops import OPS, LiteRT
from edgeml.ops.convolution import has_weight_zero_points


def emit(graph: Graph, *, io: IO = "int8") -> bytes:
    """Bytes of the .tflite file; the same graph gives the same bytes, whatever its numerics: a runtime brings its own.

    `io` is the element type at the boundary of an int8 graph: "int8", or "float32" with quantize and dequantize
    operators inside. Raises UnsupportedError for operators without a LiteRT spelling.
    """
    graph = with_io(replace(graph, numerics=Numerics.LITERT), io)
    graph = unroll_recurrence(graph, _is_spelled)
    records = to_records(add_zero_bias(split_padding(graph)))
    return write(to_uint8(records) if has_weight_zero_points(graph) else records)


def _is_spelled(graph: Graph, bound: BoundNode) -> bool:
    return isinstance(OPS[bound.node.op].litert, LiteRT) and keeps_its_states(graph, bound)


def to_records(graph: Graph) -> TfliteModel:
    """The graph as records of the format; constant operands (shapes, axes) become tensors again."""
    inside = variable_tensors(graph)
    states = resource_states(graph, inside)
    names = [*graph.inputs, *(s.input for s in states)]
    for bound in graph.bound():
        names += [t.name for t in (*bound.inputs, *bound.outputs) if t is not None]
    # a graph may give out a constant
    names += [*(s.output for s in states), *graph.outputs]
    names = [n for n in dict.fromkeys(names) if n not in inside.values()]
    tensors = [TensorRecord(n, graph.tensor(n).type, graph.tensor(n).data, is_variable=n in inside) for n in names]
    index = {n: i for i, n in enumerate(names)}
    tensors += handles(states)
    operators = opening(states, len(names), index)
    operators += [_operator(bound, index, tensors) for bound in graph.bound()]
    operators += closing(states, len(names), index)
    metadata = {LABELS_METADATA: "\n".join(graph.labels).encode()} if graph.labels else {}
    return TfliteModel(
        graph.name,
        tuple(tensors),
        tuple(operators),
        tuple(index[n] for n in graph.inputs),
        tuple(index[n] for n in graph.outputs),
        metadata,
        initial_graph(graph, states),
    )


def _operator(bound: BoundNode, index: dict[str, int], tensors: list[TensorRecord]) -> OperatorRecord:
    operator = OPS[bound.node.op]
    spelling = operator.litert_spelling(bound)
    if not isinstance(spelling, LiteRT):
        raise UnsupportedError(f"{operator.name} '{bound.name}': {spelling.reason}. Use the C or ONNX export.")
    inputs = [index[n] if n else -1 for n in bound.node.inputs]
    inputs = [inputs[i] for i in spelling.order if i < len(inputs)] or inputs
    for attr, position in sorted(spelling.operands.items(), key=lambda item: item[1]):
        data, quantization = operator.litert_operand(bound, attr)
        type_ = TensorType(data.shape, DType(data.dtype.name), quantization)
        tensors.append(TensorRecord(f"{bound.name}/{attr}", type_, data))
        inputs.insert(position, len(tensors) - 1)
    # only fully_connected takes -1 for an absent bias; all take a shorter list
    while inputs and inputs[-1] == -1:
        inputs.pop()
    inner = operator.litert_intermediates(bound)
    intermediates = tuple(range(len(tensors), len(tensors) + len(inner)))
    tensors += [TensorRecord(f"{bound.name}/inner_{i}", type_) for i, type_ in enumerate(inner)]
    return OperatorRecord(
        spelling.builtin,
        operator.litert_version(bound),
        tuple(inputs),
        # what stays in a variable tensor is no output in the file
        tuple(index[n] for n in bound.node.outputs if n in index),
        spelling.options,
        operator.litert_options(bound) if spelling.options else {},
        intermediates,
    )
