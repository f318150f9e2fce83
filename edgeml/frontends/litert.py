"""A .tflite file as a Graph; operators spell themselves in `ops/`."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.formats.litert import OperatorRecord, TfliteModel, read
from edgeml.frontends.dynamic_range import dequantize_weights
from edgeml.ir import Array, Graph, Node, Tensor, TensorType, verify
from edgeml.ops import OPS, LiteRT

LABELS_METADATA = "edgeml.labels"

_BY_BUILTIN: Mapping[str, str] = MappingProxyType(
    {op.litert.builtin: name for name, op in OPS.items() if isinstance(op.litert, LiteRT)}
)
# options of windows, whatever the operator; a damaged file holds 0
_AT_LEAST_ONE = ("strideH", "strideW", "filterHeight", "filterWidth", "dilationHFactor", "dilationWFactor")


def from_litert(data: bytes, source: str = "model.tflite", name: str = "model") -> Graph:
    """Graph named `name` from the bytes of a .tflite file; a dynamic batch becomes 1.

    Raises ModelFormatError (damaged file) or UnsupportedError (all operators that edgeml lacks, in one message).
    """
    model = read(data, source)
    _check_operators(model, source)
    if not model.inputs or not model.outputs:
        raise ModelFormatError(f"'{source}': the graph has no inputs or no outputs. Export the inference graph.")
    names = _unique_names(model)
    tensors = {n: Tensor(n, t.type, t.data) for n, t in zip(names, model.tensors, strict=True)}
    nodes = tuple(_node(model, i, op, names) for i, op in enumerate(model.operators))
    labels = tuple(model.metadata.get(LABELS_METADATA, b"").decode("utf-8", "replace").split("\n"))
    graph = Graph(
        name,
        tuple(names[i] for i in model.inputs),
        tuple(names[i] for i in model.outputs),
        tensors,
        nodes,
        labels if labels != ("",) else (),
    )
    # constant operands that became attributes are no longer used: with_nodes drops them
    return verify(_fix_inputs(dequantize_weights(graph.with_nodes(nodes))), OPS)


def _fix_inputs(graph: Graph) -> Graph:
    for tensor in graph.input_tensors:
        if tensor.is_constant:
            raise ModelFormatError(f"graph input '{tensor.name}' has constant data. The file is damaged.")
    return graph


def _check_operators(model: TfliteModel, source: str) -> None:
    missing = sorted({op.builtin for op in model.operators} - set(_BY_BUILTIN))
    if missing:
        where = next(i for i, op in enumerate(model.operators) if op.builtin in missing)
        raise UnsupportedError(
            f"'{source}': unsupported operator {', '.join(missing)} (first at operator {where}). `edgeml ops` lists "
            "what is supported; replace the layer or export without it."
        )


def _unique_names(model: TfliteModel) -> list[str]:
    names: list[str] = []
    taken: set[str] = set()
    for record in model.tensors:
        name, k = record.name, 1
        while name in taken:
            name, k = f"{record.name}_{k}", k + 1
        taken.add(name)
        names.append(name)
    return names


def _node(model: TfliteModel, index: int, record: OperatorRecord, names: list[str]) -> Node:
    operator = OPS[_BY_BUILTIN[record.builtin]]
    spelling = operator.litert
    assert isinstance(spelling, LiteRT)
    operands: dict[str, Array] = {}
    for attr, position in spelling.operands.items():
        operands[attr] = _constant_operand(model, index, record, position)
    kept = [i for p, i in enumerate(record.inputs) if p not in spelling.operands.values()]
    types: list[TensorType | None] = [model.tensors[i].type if i >= 0 else None for i in kept]
    if not record.outputs:
        raise ModelFormatError(f"operator {index} ({record.builtin}) has no outputs. The file is damaged.")
    outputs = [model.tensors[i].type for i in record.outputs]
    options = _options(record, spelling)
    for key in _AT_LEAST_ONE:
        if options.get(key, 1) < 1:  # type: ignore[operator]
            raise ModelFormatError(
                f"operator {index} ({record.builtin}): {key} must be at least 1. Got {options[key]}. Export it again."
            )
    try:
        attrs = operator.from_litert(options, operands, types, outputs)
    except (KeyError, ValueError, IndexError, TypeError, AttributeError, AssertionError) as error:
        raise ModelFormatError(
            f"operator {index} ({record.builtin}): options or operands are inconsistent ({error}). Export it again."
        ) from error
    inputs = [names[i] if i >= 0 else "" for i in kept]
    while inputs and not inputs[-1]:
        inputs.pop()
    outs = tuple(names[i] for i in record.outputs)
    return Node(operator.name, outs[0], tuple(inputs), outs, attrs)


def _options(record: OperatorRecord, spelling: LiteRT) -> Mapping[str, object]:
    if record.options_type == spelling.options or not spelling.options:
        return record.options
    if not record.options_type:
        # flatbuffers leave a table out when all its fields have their defaults
        from edgeml.formats.litert.schema import bindings

        return dict(vars(getattr(bindings(), f"{spelling.options}T")()))
    raise ModelFormatError(f"{record.builtin}: carries {record.options_type} instead of {spelling.options}.")


def _constant_operand(model: TfliteModel, index: int, record: OperatorRecord, position: int) -> Array:
    tensor = model.tensors[record.inputs[position]] if position < len(record.inputs) else None
    if tensor is None or record.inputs[position] < 0:
        raise ModelFormatError(f"operator {index} ({record.builtin}): operand {position} is missing.")
    if tensor.data is None:
        # a constant of zero elements (a scalar's shape) has no buffer
        if tensor.type.elements == 0:
            return np.zeros(tensor.type.shape, tensor.type.dtype.numpy)
        raise UnsupportedError(
            f"operator {index} ({record.builtin}): operand '{tensor.name}' must be constant; edgeml compiles static "
            "shapes only. Export with fixed sizes."
        )
    return tensor.data
