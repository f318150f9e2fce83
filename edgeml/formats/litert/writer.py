"""Writes plain records as a .tflite file; the same records give the same bytes."""

from __future__ import annotations

from typing import Any

import numpy as np

from edgeml.formats.litert import schema
from edgeml.formats.litert.records import OperatorRecord, TensorRecord, TfliteModel
from edgeml.ir import Quantization
from edgeml.ir.types import Array

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
    graph = lib.SubGraphT()
    graph.name = model.name
    graph.tensors = [_tensor(lib, root.buffers, t) for t in model.tensors]
    graph.operators = [_operator(lib, root.operatorCodes, codes, op) for op in model.operators]
    graph.inputs = np.asarray(model.inputs, np.int32)
    graph.outputs = np.asarray(model.outputs, np.int32)
    root.subgraphs = [graph]
    root.metadata = [_metadata(lib, root.buffers, name, data) for name, data in sorted(model.metadata.items())]
    builder = flatbuffers.Builder(1024 + sum(0 if t.data is None else t.data.nbytes + 256 for t in model.tensors))
    builder.Finish(root.Pack(builder), file_identifier=schema.FILE_IDENTIFIER)
    return bytes(builder.Output())


def _buffer(lib: Any, buffers: list[Any], data: bytes) -> int:
    buffer = lib.BufferT()
    buffer.data = np.frombuffer(data, np.uint8)
    buffers.append(buffer)
    return len(buffers) - 1


def _tensor(lib: Any, buffers: list[Any], record: TensorRecord) -> Any:
    tensor = lib.TensorT()
    tensor.name = record.name
    tensor.shape = np.asarray(record.type.shape, np.int32)
    tensor.type = schema.dtype_codes()[record.type.dtype]
    tensor.buffer = 0 if record.data is None else _buffer(lib, buffers, _little_endian(record.data))
    if record.type.quantization is not None:
        tensor.quantization = _quantization(lib, record.type.quantization)
    return tensor


def _little_endian(data: Array) -> bytes:
    return np.ascontiguousarray(data).astype(data.dtype.newbyteorder("<")).tobytes()


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
        code.builtinCode = schema.builtin_codes()[record.builtin]
        code.deprecatedBuiltinCode = min(code.builtinCode, schema.PLACEHOLDER_FOR_GREATER_OP_CODES)
        code.version = record.version
        table.append(code)
    operator = lib.OperatorT()
    operator.opcodeIndex = codes[key]
    operator.inputs = np.asarray(record.inputs, np.int32)
    operator.outputs = np.asarray(record.outputs, np.int32)
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
