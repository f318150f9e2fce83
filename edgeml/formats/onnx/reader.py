"""Reads an .onnx file into plain records; every count, size and depth is checked before use."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.extras import require
from edgeml.formats.onnx.external import ExternalData
from edgeml.formats.onnx.records import (
    AttributeValue,
    FunctionRecord,
    GraphRecord,
    NodeRecord,
    OnnxModel,
    Reference,
    ValueRecord,
)
from edgeml.formats.onnx.tensors import element_type, to_array
from edgeml.ir import Array

# bodies inside bodies; real models nest two or three
MAX_DEPTH = 16
# AttributeProto.AttributeType
_FLOAT, _INT, _STRING, _TENSOR, _GRAPH = 1, 2, 3, 4, 5
_FLOATS, _INTS, _STRINGS, _TENSORS, _GRAPHS = 6, 7, 8, 9, 10


def read(data: bytes, source: str = "model", folder: Path | None = None) -> OnnxModel:
    """Parse the bytes of an .onnx file; external data is looked for in `folder` only.

    Raises ModelFormatError on anything that is not a consistent file, UnsupportedError on valid files with
    features that edgeml does not have. `source` names the file in messages.
    """
    proto = parse(data, source)
    if not proto.HasField("graph") or not proto.opset_import:
        raise ModelFormatError(f"'{source}' is not an .onnx file: it has no graph or no opset. Check the file.")
    return _Reader(source, ExternalData(folder, source)).model(proto)


def parse(data: bytes, source: str = "model") -> Any:
    """The ModelProto in `data`, its contents unchecked. Raises ModelFormatError on bytes that hold none."""
    proto = require("onnx", "all").ModelProto()
    try:
        # a decoding error, or the limits of protobuf on size and depth: its classes are no public API
        proto.ParseFromString(data)
    except Exception as error:
        raise ModelFormatError(
            f"'{source}' is not an .onnx file, or it is truncated or damaged ({type(error).__name__}). Get it again."
        ) from None
    return proto


def read_function(proto: Any, source: str) -> FunctionRecord:
    """The record of a FunctionProto, such as the body that the ONNX standard gives for an operator."""
    return _Reader(source, ExternalData(None, source)).function(proto)


class _Reader:
    def __init__(self, source: str, external: ExternalData) -> None:
        self.source = source
        self.external = external

    def model(self, proto: Any) -> OnnxModel:
        functions = [self.function(f) for f in proto.functions]
        if len({(f.domain, f.name) for f in functions}) != len(functions):
            raise self._fail("two functions have the same name")
        return OnnxModel(
            self._graph(proto.graph, 0),
            self._opsets(proto.opset_import),
            {(f.domain, f.name): f for f in functions},
            {_text(p.key): _text(p.value) for p in proto.metadata_props},
        )

    def function(self, proto: Any) -> FunctionRecord:
        return FunctionRecord(
            _domain(proto.domain),
            _text(proto.name),
            _texts(proto.input),
            _texts(proto.output),
            _texts(proto.attribute),
            {_text(a.name): self._attribute(a, 0) for a in proto.attribute_proto},
            tuple(self._node(n, 0) for n in proto.node),
            self._opsets(proto.opset_import),
        )

    def _opsets(self, imports: Any) -> dict[str, int]:
        for i in imports:
            if not 0 < i.version < 1 << 31:
                raise self._fail(f"opset {i.version} of domain '{_domain(i.domain)}' is no version")
        return {_domain(i.domain): int(i.version) for i in imports}

    def _graph(self, proto: Any, depth: int) -> GraphRecord:
        if depth > MAX_DEPTH:
            raise self._fail(f"graphs are nested more than {MAX_DEPTH} deep")
        if proto.sparse_initializer:
            raise UnsupportedError(f"'{self.source}': sparse initialisers are not read. Save dense weights.")
        initializers: dict[str, Array] = {}
        for tensor in proto.initializer:
            name = _text(tensor.name)
            if not name or name in initializers:
                raise self._fail(f"two initialisers are named '{name}'")
            initializers[name] = to_array(tensor, self.external, self.source)
        return GraphRecord(
            _text(proto.name),
            tuple(self._node(n, depth) for n in proto.node),
            initializers,
            tuple(self._value(v) for v in proto.input),
            tuple(self._value(v) for v in proto.output),
        )

    def _value(self, proto: Any) -> ValueRecord:
        if not proto.name:
            raise self._fail("a graph input or output has no name")
        kind = proto.type.WhichOneof("value") or "tensor_type"
        if kind != "tensor_type":
            return ValueRecord(_text(proto.name), "", None, kind.removesuffix("_type"))
        tensor = proto.type.tensor_type
        shape: tuple[int | str, ...] | None = None
        if tensor.HasField("shape"):
            shape = tuple(self._dimension(d, proto.name) for d in tensor.shape.dim)
        return ValueRecord(_text(proto.name), element_type(tensor.elem_type), shape)

    def _dimension(self, proto: Any, name: str) -> int | str:
        if proto.WhichOneof("value") != "dim_value":
            return _text(proto.dim_param)
        size = int(proto.dim_value)
        if size < 0:
            # what older exporters wrote for "any"
            return ""
        if size > 2**31 - 1:
            raise self._fail(f"'{name}' has a dimension of {size}")
        return size

    def _node(self, proto: Any, depth: int) -> NodeRecord:
        if not proto.op_type:
            raise self._fail(f"node '{proto.name}' has no operator")
        attributes = {_text(a.name): self._attribute(a, depth) for a in proto.attribute}
        domain = _domain(proto.domain)
        inputs, outputs = _texts(proto.input), _texts(proto.output)
        return NodeRecord(_text(proto.op_type), domain, _text(proto.name), inputs, outputs, attributes)

    def _attribute(self, proto: Any, depth: int) -> AttributeValue:
        if proto.ref_attr_name:
            return Reference(_text(proto.ref_attr_name))
        kind = proto.type or _guessed(proto)
        if kind == _FLOAT:
            return float(proto.f)
        if kind == _INT:
            return int(proto.i)
        if kind == _STRING:
            return _text(proto.s)
        if kind == _TENSOR:
            return to_array(proto.t, self.external, self.source)
        if kind == _GRAPH:
            return self._graph(proto.g, depth + 1)
        if kind == _FLOATS:
            return tuple(float(v) for v in proto.floats)
        if kind == _INTS:
            return tuple(int(v) for v in proto.ints)
        if kind == _STRINGS:
            return tuple(_text(v) for v in proto.strings)
        if kind == _TENSORS:
            return tuple(to_array(t, self.external, self.source) for t in proto.tensors)
        if kind == _GRAPHS:
            return tuple(self._graph(g, depth + 1) for g in proto.graphs)
        raise UnsupportedError(f"'{self.source}': attribute '{proto.name}' has a type that edgeml does not read.")

    def _fail(self, what: str) -> ModelFormatError:
        return ModelFormatError(f"'{self.source}': {what}. The file is damaged; get it again.")


def _guessed(proto: Any) -> int:
    """Files of the first versions leave the type out: the field that is set tells it."""
    found: Mapping[str, int] = {
        "f": _FLOAT, "i": _INT, "s": _STRING, "t": _TENSOR, "g": _GRAPH,
        "floats": _FLOATS, "ints": _INTS, "strings": _STRINGS, "tensors": _TENSORS, "graphs": _GRAPHS,
    }  # fmt: skip
    names = [descriptor.name for descriptor, _ in proto.ListFields()]
    return next((found[n] for n in names if n in found), _INTS)


def _domain(name: str | bytes) -> str:
    """The default domain has two spellings."""
    text = _text(name)
    return "" if text == "ai.onnx" else text


def _text(value: str | bytes) -> str:
    """Text of the file; protobuf hands out bytes where it is no UTF-8. Different bytes stay different."""
    return value if isinstance(value, str) else value.decode("utf-8", "backslashreplace")


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(_text(v) for v in values)
