"""Bodies that the ONNX standard gives for its own operators: an operator without an importer is inlined."""

from __future__ import annotations

from typing import Any

from edgeml.extras import require
from edgeml.formats.onnx import FunctionRecord, GraphRecord, Reference, read_function
from edgeml.frontends.onnx.call import Call

_STANDARD_DOMAINS = ("", "ai.onnx.preview.training")


def standard_function(call: Call) -> FunctionRecord | None:
    """The standard's body for the call's operator at its opset, or None when there is none."""
    if call.node.domain not in _STANDARD_DOMAINS:
        return None
    onnx = require("onnx", "all")
    try:
        schema = onnx.defs.get_schema(call.node.op_type, call.opset, call.node.domain)
    except onnx.defs.SchemaError:
        return None
    body = _body(onnx, schema, call)
    if body is None:
        return None
    function = read_function(body, call.where)
    defaults = {n: onnx.helper.get_attribute_value(a.default_value) for n, a in schema.attributes.items()
                if a.default_value.type}  # fmt: skip
    plain = {n: v.decode() if isinstance(v, bytes) else tuple(v) if isinstance(v, list) else v
             for n, v in defaults.items()}  # fmt: skip
    opsets = {**function.opsets, call.node.domain: function.opsets.get(call.node.domain, call.opset)}
    return FunctionRecord(
        function.domain, function.name, function.inputs, function.outputs, (), {**plain, **function.defaults},
        function.nodes, opsets,
    )  # fmt: skip


def has_standard_function(op_type: str, domain: str, opset: int) -> bool:
    """Whether the standard gives some body for the operator."""
    if domain not in _STANDARD_DOMAINS:
        return False
    onnx = require("onnx", "all")
    try:
        schema = onnx.defs.get_schema(op_type, opset, domain)
    except onnx.defs.SchemaError:
        return False
    return bool(schema.has_function or schema.has_context_dependent_function)


def _body(onnx: Any, schema: Any, call: Call) -> Any:
    if schema.has_function:
        return schema.function_body
    if not schema.has_context_dependent_function:
        return None
    versions = [v for v in schema.context_dependent_function_opset_versions if v <= call.opset]
    version = max(versions, default=schema.since_version)
    types = [_type(onnx, call, i).SerializeToString() if call.has(i) else b"" for i in range(len(call.inputs))]
    text = schema.get_context_dependent_function_with_opset_version(
        version, _node(onnx, call).SerializeToString(), types
    )
    body = onnx.FunctionProto()
    body.ParseFromString(text)
    return body if body.node else None


def _node(onnx: Any, call: Call) -> Any:
    attributes = {n: call.attribute(n) for n in call.node.attributes}
    plain = {n: v for n, v in attributes.items() if v is not None and not isinstance(v, GraphRecord | Reference)}
    return onnx.helper.make_node(
        call.node.op_type, call.node.inputs, call.node.outputs, domain=call.node.domain,
        **{n: list(v) if isinstance(v, tuple) else v for n, v in plain.items()},
    )  # fmt: skip


def _type(onnx: Any, call: Call, index: int) -> Any:
    number = onnx.helper.np_dtype_to_tensor_dtype(_numpy(call.dtype(index)))
    return onnx.helper.make_tensor_type_proto(number, list(call.shape(index)))


def _numpy(name: str) -> Any:
    import numpy as np

    return np.dtype(name)
