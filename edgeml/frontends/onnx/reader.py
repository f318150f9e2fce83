"""Reads an .onnx file into a Graph."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from edgeml.errors import ModelFormatError, UnsupportedError, UsageError
from edgeml.formats.onnx import GraphRecord, OnnxModel, ValueRecord, read
from edgeml.frontends.onnx.call import Scope
from edgeml.frontends.onnx.draft import Draft, Value, normal_type
from edgeml.frontends.onnx.expansions import EXPANSIONS
from edgeml.frontends.onnx.folding import FOLDABLE
from edgeml.frontends.onnx.importer import Importer
from edgeml.frontends.onnx.importers import IMPORTERS
from edgeml.frontends.onnx.quantized import fuse_quantization
from edgeml.frontends.onnx.sizes import fixed_shapes
from edgeml.frontends.onnx.standard import has_standard_function
from edgeml.ir import Array, DType, Graph, Node, TensorType, verify
from edgeml.ops import OPS
from edgeml.text import clean_name

LABELS_METADATA = "edgeml.labels"
LAYOUTS = ("onnx", "nhwc")
_CONTROL = frozenset({("", "If")})


def from_onnx(
    data: bytes,
    source: str = "model.onnx",
    name: str = "model",
    *,
    folder: Path | None = None,
    bind: Mapping[str, Array] | None = None,
    sizes: Mapping[str, int] | None = None,
    input_layout: str = "onnx",
) -> Graph:
    """Graph named `name` from the bytes of an .onnx file; every tensor keeps the file's order of dimensions.

    `bind` makes graph inputs constants, `sizes` fixes symbolic dimensions, `folder` is where external data may lie.
    `input_layout` "nhwc" gives inputs of rank 4 the order NHWC in place of the file's NCHW. Raises ModelFormatError
    (damaged file), UnsupportedError (what edgeml lacks) or UsageError (wrong `bind`, `sizes` or `input_layout`).
    """
    if input_layout not in LAYOUTS:
        raise UsageError(f"input layout must be {' or '.join(LAYOUTS)}. Got '{input_layout}'.")
    model = read(data, source, folder)
    _check_operators(model, source)
    draft, scope = Draft(), Scope(model.opsets)
    _inputs(model.graph, bind or {}, sizes or {}, input_layout, draft, scope, source)
    values = Importer(model, draft, source).graph(model.graph, scope)
    outputs = _outputs(model.graph, values, draft)
    if not outputs:
        raise ModelFormatError(f"'{source}': the graph has no outputs. Export the inference graph.")
    fuse_quantization(draft, outputs)
    _check_integers(draft)
    text = model.metadata.get("labels", model.metadata.get(LABELS_METADATA, ""))
    labels = tuple(clean_name(label) for label in text.split("\n"))
    graph = Graph(
        name,
        tuple(draft.inputs),
        outputs,
        draft.tensors,
        tuple(draft.nodes),
        labels if labels != ("",) else draft.labels,
    )
    # nodes that steered shapes only, and constants that became attributes, are no longer used
    return verify(_live(graph), OPS)


def _check_operators(model: OnnxModel, source: str) -> None:
    """UnsupportedError that names every operator of the main graph that nothing can read."""
    missing = []
    for node in model.graph.nodes:
        key = (node.domain, node.op_type)
        known = key in IMPORTERS or key in FOLDABLE or key in _CONTROL or key in model.functions or key in EXPANSIONS
        if not known and not has_standard_function(node.op_type, node.domain, model.opsets.get(node.domain, 1)):
            missing.append((".".join(filter(None, key)), node.label))
    if missing:
        names = ", ".join(sorted({op for op, _ in missing}))
        raise UnsupportedError(
            f"'{source}': unsupported operator {names} (first at node '{missing[0][1]}'). `edgeml ops` lists what is "
            "supported; replace the layer or export without it."
        )


def _inputs(
    graph: GraphRecord,
    bind: Mapping[str, Array],
    sizes: Mapping[str, int],
    layout: str,
    draft: Draft,
    scope: Scope,
    source: str,
) -> None:
    # files of the first versions list every initialiser as an input too
    records = tuple(r for r in graph.inputs if r.name not in graph.initializers)
    values = _bound(bind, graph.inputs, source)
    for name, array in values.items():
        scope.values[name] = Value("", array)
    free = tuple(r for r in records if r.name not in bind)
    for record in free:
        if record.kind != "tensor":
            raise UnsupportedError(
                f"'{source}': input '{record.name}' is a {record.kind}, not a tensor. Bind or remove it."
            )
    shapes = fixed_shapes(free, sizes, source)
    for record in free:
        if record.name in scope.values:
            raise ModelFormatError(f"'{source}': two inputs are named '{record.name}'. The file is damaged.")
        scope.values[record.name] = Value(_input(record, shapes[record.name], layout, draft))


def _input(record: ValueRecord, shape: tuple[int, ...], layout: str, draft: Draft) -> str:
    dtype = normal_type(record.name, record.dtype)
    if any(d < 1 for d in shape):
        raise UnsupportedError(f"input '{record.name}': tensors without elements are not supported. Got {shape}.")
    if layout == "nhwc" and len(shape) == 4:
        n, c, h, w = shape
        tensor = draft.input(record.name, TensorType((n, h, w, c), dtype))
        return draft.emit("transpose", [tensor], f"{record.name}/nchw", perm=(0, 3, 1, 2))[0]
    return draft.input(record.name, TensorType(shape, dtype))


def _bound(bind: Mapping[str, Array], records: tuple[ValueRecord, ...], source: str) -> dict[str, Array]:
    """The values of bound inputs, in the types and shapes that the file declares. Raises UsageError."""
    declared = {r.name: r for r in records}
    values = {}
    for name, given in bind.items():
        if name not in declared:
            names = ", ".join(declared) or "none"
            raise UsageError(f"bind '{name}': no input of '{source}' has this name. It has {names}.")
        values[name] = _converted(np.asarray(given), declared[name])
    return values


def _converted(array: Array, record: ValueRecord) -> Array:
    if array.dtype.kind not in "fiub":
        raise UsageError(f"bind '{record.name}': the value must be numbers. Got {array.dtype}.")
    shape = record.shape
    if shape is not None and array.size == 1 and all(d == 1 for d in shape):
        array = array.reshape((1,) * len(shape))
    fits = shape is None or (
        array.ndim == len(shape)
        and all(not isinstance(d, int) or d == n for d, n in zip(shape, array.shape, strict=True))
    )
    if not fits:
        raise UsageError(f"bind '{record.name}': the shape must be {shape}. Got {array.shape}.")
    if record.dtype in ("", "bfloat16") or record.dtype == array.dtype.name:
        converted = array.copy()
    else:
        converted = array.astype(record.dtype)
        if np.dtype(record.dtype).kind in "iub" and not np.array_equal(converted, array):
            raise UsageError(f"bind '{record.name}': the value must be {record.dtype}. Got {array.dtype}.")
    converted.flags.writeable = False
    return converted


def _outputs(graph: GraphRecord, values: tuple[Value, ...], draft: Draft) -> tuple[str, ...]:
    """Names of the outputs' tensors: each computed by a node of its own, and named as in the file."""
    names: list[str] = []
    for record, value in zip(graph.outputs, values, strict=True):
        if value.tensor.startswith("?"):
            raise UnsupportedError(f"output '{record.name}': edgeml does not compute output {value.tensor[1:]}.")
        tensor = value.tensor
        if value.data is not None:
            tensor = draft.constant(f"{record.name}/value", value.data)
        if value.data is not None or tensor in draft.inputs or tensor in names:
            shape = draft.tensors[tensor].shape
            tensor = draft.emit("reshape", [tensor], record.name, shape=shape)[0]
        names.append(draft.rename(tensor, record.name) if record.name not in draft.tensors else tensor)
    return tuple(names)


def _check_integers(draft: Draft) -> None:
    """UnsupportedError where an operator that computes reads 8-bit integers that stand for no reals."""
    for node in draft.nodes:
        tensors = [draft.tensors[n] for n in (*node.inputs, *node.outputs) if n]
        plain = next((t for t in tensors if t.dtype is DType.INT8 and t.quantization is None), None)
        if plain is not None and DType.INT64 not in OPS[node.op].dtypes:
            raise UnsupportedError(
                f"{node.op} '{node.name}': computes on int8 tensors with a scale only. '{plain.name}' has none. Use "
                "float32, or QuantizeLinear and DequantizeLinear."
            )


def _live(graph: Graph) -> Graph:
    needed = set(graph.outputs)
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if needed & set(node.outputs):
            needed.update(node.inputs)
            kept.append(node)
    return graph.with_nodes(tuple(reversed(kept)))
