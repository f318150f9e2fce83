"""Writes plain records as a .tflite file; the same records give the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from edgeml.formats.litert import elements, schema
from edgeml.formats.litert.records import OperatorRecord, SubgraphRecord, TensorRecord, TfliteModel
from edgeml.ir import Quantization

SCHEMA_VERSION = 3


def write(model: TfliteModel, description: str = "edgeml") -> bytes:
    """Serialise `model`; the buffer of each constant is 16-byte aligned, as the runtime wants it."""
    import flatbuffers

    lib = schema.bindings()
    root = lib.ModelT()
    root.version = SCHEMA_VERSION
    root.description = description
    # buffer 0 is the empty one, by convention of the format
    root.buffers = [lib.BufferT()]
    root.operatorCodes = []
    codes: dict[tuple[str, int], int] = {}
    root.subgraphs = [_subgraph(lib, root, codes, g) for g in (model, *model.others)]
    root.metadata = [_metadata(lib, root.buffers, name, data) for name, data in sorted(model.metadata.items())]
    builder = flatbuffers.Builder(1024 + sum(0 if t.data is None else t.data.nbytes + 256 for t in _tensors(model)))
    builder.Finish(root.Pack(builder), file_identifier=schema.FILE_IDENTIFIER)
    return bytes(builder.Output())


def _tensors(model: TfliteModel) -> Iterator[TensorRecord]:
    return (t for graph in (model, *model.others) for t in graph.tensors)


def _subgraph(lib: Any, root: Any, codes: dict[tuple[str, int], int], record: SubgraphRecord) -> Any:
    graph = lib.SubGraphT()
    graph.name = record.name
    graph.tensors = [_tensor(lib, root.buffers, t) for t in record.tensors]
    graph.operators = [_operator(lib, root.operatorCodes, codes, op) for op in record.operators]
    graph.inputs = np.asarray(record.inputs, np.int32)
    graph.outputs = np.asarray(record.outputs, np.int32)
    return graph


def _buffer(lib: Any, buffers: list[Any], data: bytes) -> int:
    buffer = lib.BufferT()
    buffer.data = np.frombuffer(data, np.uint8)
    buffers.append(buffer)
    return len(buffers) - 1


def _tensor(lib: Any, buffers: list[Any], record: TensorRecord) -> Any:
    tensor = lib.TensorT()
    tensor.name = record.name
    tensor.shape = np.asarray(record.type.shape, np.int32)
    element = record.element or schema.DTYPE_NAMES[record.type.dtype]
    tensor.type = schema.element_codes()[element]
    tensor.buffer = 0 if record.data is None else _buffer(lib, buffers, elements.encode(element, record.data))
    if record.type.quantization is not None:
        tensor.quantization = _quantization(lib, record.type.quantization)
    if record.signature:
        tensor.shapeSignature = np.asarray(record.signature, np.int32)
    tensor.isVariable = record.is_variable
    return tensor


def _quantization(lib: Any, quantization: Quantization) -> Any:
    raw = lib.QuantizationParametersT()
    raw.scale = np.asarray(quantization.scale, np.float32)
    raw.zeroPoint = np.asarray(quantization.zero_point, np.int64)
    raw.quantizedDimension = quantization.axis or 0
    return raw


def _operator(lib: Any, table: list[Any], codes: dict[tuple[str, int], int], record: OperatorRecord) -> Any:
    key = (record.builtin, record.version)
    if key not in codes:
        codes[key] = len(table)
        code = lib.OperatorCodeT()
        builtin, _, custom = record.builtin.partition(":")
        code.builtinCode = schema.builtin_codes()[builtin]
        code.customCode = custom or None
        code.deprecatedBuiltinCode = min(code.builtinCode, schema.PLACEHOLDER_FOR_GREATER_OP_CODES)
        code.version = record.version
        table.append(code)
    operator = lib.OperatorT()
    operator.opcodeIndex = codes[key]
    operator.inputs = np.asarray(record.inputs, np.int32)
    operator.outputs = np.asarray(record.outputs, np.int32)
    if record.intermediates:
        operator.intermediates = np.asarray(record.intermediates, np.int32)
    if record.options_type:
        operator.builtinOptionsType = schema.option_types()[record.options_type]
        operator.builtinOptions = getattr(lib, f"{record.options_type}T")()
        for name, value in record.options.items():
            setattr(operator.builtinOptions, name, value)
    return operator


def _metadata(lib: Any, buffers: list[Any], name: str, data: bytes) -> Any:
    entry = lib.MetadataT()
    entry.name = name
    entry.buffer = _buffer(lib, buffers, data)
    return entry
