"""Reads a .tflite file into plain records; every index and size is checked before use."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.formats.litert import schema
from edgeml.formats.litert.records import OperatorRecord, TensorRecord, TfliteModel
from edgeml.ir import Array, DType, Quantization, TensorType

# what the flatbuffers runtime raises on bad offsets and sizes
_CORRUPT = (struct.error, IndexError, ValueError, TypeError, OverflowError, UnicodeDecodeError, AttributeError)


def read(data: bytes, source: str = "model") -> TfliteModel:
    """Parse the bytes of a .tflite file.

    Raises ModelFormatError on anything that is not a consistent file, UnsupportedError on valid files with
    features edgeml does not have (several subgraphs, unknown element types). `source` names it in messages.
    """
    if len(data) < 8 or data[4:8] != schema.FILE_IDENTIFIER:
        raise ModelFormatError(f"'{source}' is not a .tflite file: the identifier TFL3 is missing. Check the file.")
    try:
        model = schema.bindings().ModelT.InitFromPackedBuf(data, 0)
        return _Reader(model, source).model()
    except _CORRUPT as error:
        raise ModelFormatError(
            f"'{source}' is truncated or damaged ({type(error).__name__}). Get the file again."
        ) from error


class _Reader:
    def __init__(self, model: Any, source: str) -> None:
        self.raw = model
        self.source = source

    def model(self) -> TfliteModel:
        subgraphs = self.raw.subgraphs or []
        if len(subgraphs) != 1:
            raise UnsupportedError(
                f"'{self.source}': has {len(subgraphs)} subgraphs; edgeml reads models with one. "
                "Export the inference graph without control flow."
            )
        graph = subgraphs[0]
        tensors = tuple(self._tensor(i, t) for i, t in enumerate(graph.tensors or []))
        count = len(tensors)
        operators = tuple(self._operator(i, op, count) for i, op in enumerate(graph.operators or []))
        return TfliteModel(
            _text(graph.name) or "main",
            tensors,
            operators,
            self._indices(graph.inputs, count, "graph inputs"),
            self._indices(graph.outputs, count, "graph outputs"),
            self._metadata(),
        )

    def _fail(self, what: str) -> ModelFormatError:
        return ModelFormatError(f"'{self.source}': {what}. The file is damaged; get it again.")

    def _indices(self, values: Any, count: int, what: str, optional: bool = False) -> tuple[int, ...]:
        result = tuple(int(v) for v in (values if values is not None else ()))
        for index in result:
            if not (0 <= index < count or (optional and index == -1)):
                raise self._fail(f"{what} name tensor {index} of {count}")
        return result

    def _tensor(self, index: int, raw: Any) -> TensorRecord:
        name = _text(raw.name) or f"tensor_{index}"
        dtype = schema.dtype_of(raw.type)
        if dtype is None:
            raise UnsupportedError(
                f"'{self.source}': tensor '{name}' has element type {schema.dtype_name(raw.type)}, which edgeml does "
                "not read. Convert the model to float32 or int8."
            )
        shape = tuple(int(d) for d in (raw.shape if raw.shape is not None else ()))
        signature = tuple(int(d) for d in (raw.shapeSignature if raw.shapeSignature is not None else ()))
        if any(d < 0 for d in shape):
            raise self._fail(f"tensor '{name}' has shape {shape}")
        if any(d < 0 for d in signature[1:]):
            raise UnsupportedError(
                f"'{self.source}': tensor '{name}' has a dynamic size {signature}. Export with fixed sizes."
            )
        type_ = TensorType(shape, dtype, self._quantization(name, raw.quantization))
        return TensorRecord(name, type_, self._data(name, raw.buffer, shape, dtype))

    def _data(self, name: str, buffer: int, shape: tuple[int, ...], dtype: DType) -> Array | None:
        buffers = self.raw.buffers or []
        if not 0 <= buffer < len(buffers):
            raise self._fail(f"tensor '{name}' names buffer {buffer} of {len(buffers)}")
        data = buffers[buffer].data
        if data is None or len(data) == 0:
            return None
        raw = np.asarray(data, np.uint8).tobytes()
        expected = dtype.size
        for d in shape:
            expected *= d
        if len(raw) != expected:
            raise self._fail(f"tensor '{name}' of shape {shape} needs {expected} bytes, its buffer has {len(raw)}")
        array = np.frombuffer(raw, dtype.numpy.newbyteorder("<")).astype(dtype.numpy).reshape(shape)
        array.flags.writeable = False
        return array

    def _quantization(self, name: str, raw: Any) -> Quantization | None:
        if raw is None or raw.scale is None or len(raw.scale) == 0:
            return None
        scale = tuple(float(s) for s in raw.scale)
        zero = raw.zeroPoint if raw.zeroPoint is not None and len(raw.zeroPoint) else [0] * len(scale)
        zero_point = tuple(int(z) for z in zero)
        if len(zero_point) == 1:
            zero_point *= len(scale)
        if len(zero_point) != len(scale):
            raise self._fail(f"tensor '{name}' has {len(scale)} scales and {len(zero_point)} zero points")
        axis = None if len(scale) == 1 else int(raw.quantizedDimension)
        return Quantization(scale, zero_point, axis)

    def _operator(self, index: int, raw: Any, tensors: int) -> OperatorRecord:
        codes = self.raw.operatorCodes or []
        if not 0 <= raw.opcodeIndex < len(codes):
            raise self._fail(f"operator {index} names operator code {raw.opcodeIndex} of {len(codes)}")
        code = codes[raw.opcodeIndex]
        number = max(int(code.builtinCode), int(code.deprecatedBuiltinCode))
        builtin = schema.builtin_names().get(number, f"BUILTIN_{number}")
        if builtin == "CUSTOM":
            builtin = f"CUSTOM:{_text(code.customCode)}"
        options = raw.builtinOptions
        what = f"operator {index} ({builtin})"
        return OperatorRecord(
            builtin,
            int(code.version),
            self._indices(raw.inputs, tensors, f"{what} inputs", optional=True),
            self._indices(raw.outputs, tensors, f"{what} outputs"),
            "" if options is None else type(options).__name__.removesuffix("T"),
            {} if options is None else {k: _plain(v) for k, v in vars(options).items()},
        )

    def _metadata(self) -> dict[str, bytes]:
        buffers = self.raw.buffers or []
        found = {}
        for entry in self.raw.metadata or []:
            if 0 <= entry.buffer < len(buffers) and buffers[entry.buffer].data is not None:
                found[_text(entry.name)] = np.asarray(buffers[entry.buffer].data, np.uint8).tobytes()
        return found


def _plain(value: Any) -> Any:
    """Option fields as comparable values: vectors become tuples."""
    return tuple(value.tolist()) if isinstance(value, np.ndarray) else value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
