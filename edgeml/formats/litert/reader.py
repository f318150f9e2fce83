"""Reads a .tflite file into plain records; every index and size is checked before use."""

from __future__ import annotations

import math

import numpy as np

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.formats.flatbuffer import Flatbuffer, Table
from edgeml.formats.litert import elements, schema
from edgeml.formats.litert.options import read_options
from edgeml.formats.litert.records import OperatorRecord, SubgraphRecord, TensorRecord, TfliteModel
from edgeml.ir import Array, DType, Quantization, TensorType
from edgeml.text import clean_name

# Positions of fields in the schema's tables (tensorflow/compiler/mlir/lite/schema/schema.fbs)
_MODEL = {"operator_codes": 1, "subgraphs": 2, "buffers": 4, "metadata": 6}
_CODE = {"deprecated": 0, "custom": 1, "version": 2, "builtin": 3}
_SUBGRAPH = {"tensors": 0, "inputs": 1, "outputs": 2, "operators": 3, "name": 4}
_TENSOR = {
    "shape": 0, "type": 1, "buffer": 2, "name": 3, "quantization": 4, "is_variable": 5, "sparsity": 6,
    "signature": 7, "external": 10,
}  # fmt: skip
_QUANTIZATION = {"scale": 2, "zero_point": 3, "details": 4, "axis": 6}
_OPERATOR = {"code": 0, "inputs": 1, "outputs": 2, "options_type": 3, "options": 4, "intermediates": 8}
_BUFFER = {"data": 0, "offset": 1, "size": 2}
_METADATA = {"name": 0, "buffer": 1}

# Constants may share bytes of the file, but together they are no more than this many times its size
_DATA_PER_BYTE, _FREE_DATA = 8, 1 << 20
MAX_RANK = 8


def read(data: bytes, source: str = "model") -> TfliteModel:
    """Parse the bytes of a .tflite file. Constants are views of `data` where their element type allows it.
    Names are made printable.

    Raises ModelFormatError on anything that is not a consistent file, UnsupportedError on valid files with
    features edgeml does not have (sparse storage, external buffers). `source` names it in messages.
    """
    if len(data) < 8 or data[4:8] != schema.FILE_IDENTIFIER:
        raise ModelFormatError(f"'{source}' is not a .tflite file: the identifier TFL3 is missing. Check the file.")
    return _Reader(Flatbuffer(bytes(data), source)).model()


class _Reader:
    def __init__(self, file: Flatbuffer) -> None:
        self.file = file
        self.root = file.root()
        self.buffers = self.root.tables(_MODEL["buffers"], "buffers")
        self.codes = [self._code(c) for c in self.root.tables(_MODEL["operator_codes"], "operator codes")]
        self.data_left = _FREE_DATA + _DATA_PER_BYTE * file.size

    def model(self) -> TfliteModel:
        graphs = [self._subgraph(g) for g in self.root.tables(_MODEL["subgraphs"], "subgraphs")]
        if not graphs:
            raise self.file.fail("it has no graph")
        main = graphs[0]
        return TfliteModel(
            main.name, main.tensors, main.operators, main.inputs, main.outputs, self._metadata(), tuple(graphs[1:])
        )

    def _code(self, table: Table) -> tuple[str, int]:
        """(builtin name, version) of one operator code, old style or new."""
        number = max(table.scalar(_CODE["builtin"], "i"), table.scalar(_CODE["deprecated"], "b"))
        name = schema.builtin_names().get(number, f"BUILTIN_{number}")
        if name == "CUSTOM":
            name = f"CUSTOM:{clean_name(table.text(_CODE['custom']))}"
        return name, table.scalar(_CODE["version"], "i", 1)

    def _subgraph(self, table: Table) -> SubgraphRecord:
        tensors = tuple(self._tensor(i, t) for i, t in enumerate(table.tables(_SUBGRAPH["tensors"], "tensors")))
        count = len(tensors)
        operators = table.tables(_SUBGRAPH["operators"], "operators")
        return SubgraphRecord(
            clean_name(table.text(_SUBGRAPH["name"])) or "main",
            tensors,
            tuple(self._operator(i, op, count) for i, op in enumerate(operators)),
            self._indices(table, _SUBGRAPH["inputs"], count, "graph inputs"),
            self._indices(table, _SUBGRAPH["outputs"], count, "graph outputs"),
        )

    def _indices(self, table: Table, slot: int, count: int, what: str, optional: bool = False) -> tuple[int, ...]:
        result = _integers(table, slot)
        for index in result:
            if not (0 <= index < count or (optional and index == -1)):
                raise self.file.fail(f"{what} name tensor {index} of {count}")
        return result

    def _tensor(self, index: int, table: Table) -> TensorRecord:
        name = clean_name(table.text(_TENSOR["name"])) or f"tensor_{index}"
        shape = _integers(table, _TENSOR["shape"])
        signature = _integers(table, _TENSOR["signature"])
        if any(d < 0 for d in shape) or len(shape) > MAX_RANK:
            raise self.file.fail(f"tensor '{name}' has shape {shape[:32]}")
        # sizes of 0 are ignored, so that their partners cannot be huge without notice
        if math.prod(d for d in shape if d) >= 1 << 31:
            raise UnsupportedError(
                f"'{self.file.source}': tensor '{name}' of shape {shape} has more than 2^31 elements. "
                "Use a smaller one."
            )
        for part, slot in (("sparse storage", "sparsity"), ("data in another file", "external")):
            if table.field(_TENSOR[slot]):
                raise UnsupportedError(
                    f"'{self.file.source}': tensor '{name}' has {part}, which edgeml does not read. "
                    "Export it dense and in one file."
                )
        number = table.scalar(_TENSOR["type"], "b")
        element = schema.dtype_name(number)
        dtype = elements.dtype_of(element)
        type_ = TensorType(shape, dtype or DType.INT32, self._quantization(name, table))
        return TensorRecord(
            name,
            type_,
            None if dtype is None else self._constant(name, element, shape, table.scalar(_TENSOR["buffer"], "I")),
            element if dtype is None or elements.is_widened(element) else "",
            signature if any(d < 0 for d in signature) else (),
            table.scalar(_TENSOR["is_variable"], "?", False),
        )

    def _constant(self, name: str, element: str, shape: tuple[int, ...], buffer: int) -> Array | None:
        if not 0 <= buffer < len(self.buffers):
            raise self.file.fail(f"tensor '{name}' names buffer {buffer} of {len(self.buffers)}")
        raw = self._bytes(buffer)
        if raw is None or raw.size == 0:
            return None
        expected = elements.nbytes(element, math.prod(shape))
        if raw.size != expected:
            raise self.file.fail(f"tensor '{name}' of shape {shape} needs {expected} bytes, its buffer has {raw.size}")
        self.data_left -= raw.size
        if self.data_left < 0:
            raise self.file.fail("its constants share so many bytes that together they exceed the file by far")
        return elements.decode(element, raw, shape)

    def _bytes(self, index: int) -> Array | None:
        """Content of a buffer: inside the flatbuffer, or behind it by an absolute position (files over 2 GB)."""
        table = self.buffers[index]
        offset, size = table.scalar(_BUFFER["offset"], "Q"), table.scalar(_BUFFER["size"], "Q")
        # 0 and 1 mean absent
        if offset <= 1:
            return table.data(_BUFFER["data"])
        if size > self.file.size or offset > self.file.size - size:
            raise self.file.fail(f"buffer {index} lies at byte {offset} with {size} bytes; the file ends before")
        return np.frombuffer(self.file.data, np.uint8, size, offset)

    def _quantization(self, name: str, tensor: Table) -> Quantization | None:
        table = tensor.table(_TENSOR["quantization"])
        if table is None:
            return None
        # 0 none, 1 custom (a float tensor's remark); others hold scales elsewhere
        if table.scalar(_QUANTIZATION["details"], "B") > 1:
            raise UnsupportedError(
                f"'{self.file.source}': tensor '{name}' is quantised by blocks, which edgeml does not read. Export it "
                "with one scale for each channel."
            )
        scales = table.numbers(_QUANTIZATION["scale"], "<f4")
        if scales is None or not scales.size:
            return None
        zero = _integers(table, _QUANTIZATION["zero_point"], "<i8") or (0,)
        if len(zero) == 1:
            zero *= scales.size
        if len(zero) != scales.size:
            raise self.file.fail(f"tensor '{name}' has {scales.size} scales and {len(zero)} zero points")
        if not all(-(2**31) <= z < 2**31 for z in zero):
            raise self.file.fail(f"tensor '{name}' has a zero point outside 32 bits")
        axis = None if scales.size == 1 else table.scalar(_QUANTIZATION["axis"], "i")
        return Quantization(tuple(scales.tolist()), zero, axis)

    def _operator(self, index: int, table: Table, tensors: int) -> OperatorRecord:
        code = table.scalar(_OPERATOR["code"], "I")
        if code >= len(self.codes):
            raise self.file.fail(f"operator {index} names operator code {code} of {len(self.codes)}")
        builtin, version = self.codes[code]
        what = f"operator {index} ({builtin})"
        union, options = table.scalar(_OPERATOR["options_type"], "B"), table.table(_OPERATOR["options"])
        options_type = "" if options is None else schema.option_names().get(union, "")
        return OperatorRecord(
            builtin,
            version,
            self._indices(table, _OPERATOR["inputs"], tensors, f"{what} inputs", optional=True),
            self._indices(table, _OPERATOR["outputs"], tensors, f"{what} outputs"),
            options_type,
            read_options(options, options_type) if options is not None and options_type else {},
            self._indices(table, _OPERATOR["intermediates"], tensors, f"{what} intermediates", optional=True),
        )

    def _metadata(self) -> dict[str, bytes]:
        found = {}
        for entry in self.root.tables(_MODEL["metadata"], "metadata"):
            buffer = entry.scalar(_METADATA["buffer"], "I")
            data = self._bytes(buffer) if buffer < len(self.buffers) else None
            if data is not None:
                self.file.charge(data.size)
                found[entry.text(_METADATA["name"])] = data.tobytes()
        return found


def _integers(table: Table, slot: int, dtype: str = "<i4") -> tuple[int, ...]:
    values = table.numbers(slot, dtype)
    return () if values is None else tuple(values.tolist())
