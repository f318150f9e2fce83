"""Reads a .tflite file into a Graph."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.formats.litert import OperatorRecord, TfliteModel, read
from edgeml.formats.litert.options import default_options
from edgeml.frontends.litert.dialects import as_float, from_uint8, is_16x8, is_quantized, is_uint8, with_real_constants
from edgeml.frontends.litert.draft import Call, Draft
from edgeml.frontends.litert.dynamic_range import dequantize_weights
from edgeml.frontends.litert.loops import unroll_while
from edgeml.frontends.litert.rewrites import REWRITES, WITHOUT_OUTPUTS
from edgeml.ir import Graph, TensorType, verify
from edgeml.ops import OPS, LiteRT
from edgeml.text import clean_name

LABELS_METADATA = "edgeml.labels"

_BY_BUILTIN: Mapping[str, str] = MappingProxyType(
    {op.litert.builtin: name for name, op in OPS.items() if isinstance(op.litert, LiteRT)}
)
LOOP = "WHILE"
# options of windows, whatever the operator; a damaged file holds 0
_AT_LEAST_ONE = ("strideH", "strideW", "filterHeight", "filterWidth", "dilationHFactor", "dilationWFactor")


def from_litert(data: bytes, source: str = "model.tflite", name: str = "model", *, real: bool = False) -> Graph:
    """Graph named `name` from the bytes of a .tflite file; a dynamic batch becomes 1.

    uint8 models become int8 ones of the same results; `real` reads any quantised model as its real values, and so are
    16x8 models with an operator that has no int16 meaning here. Raises ModelFormatError (damaged file) or
    UnsupportedError (all operators that edgeml lacks, in one message).
    """
    model, notes = _plain_dialect(read(data, source), real)
    if not is_16x8(model):
        return _graph(model, source, name, notes)
    try:
        return _graph(model, source, name, notes)
    except UnsupportedError as error:
        why = f"a 16x8 model read as its real values, float32: {error}"
        return _graph(as_float(model), source, name, (*notes, why))


def _graph(model: TfliteModel, source: str, name: str, notes: tuple[str, ...]) -> Graph:
    _check_operators(model, source)
    if not model.inputs or not model.outputs:
        raise ModelFormatError(f"'{source}': the graph has no inputs or no outputs. Export the inference graph.")
    _check_subgraphs(model, source)
    draft = Draft(model)
    for i, record in enumerate(model.operators):
        _read_operator(i, record, draft)
    text = model.metadata.get(LABELS_METADATA, b"").decode("utf-8", "replace")
    labels = tuple(clean_name(label) for label in text.split("\n"))
    states = draft.variables.states()
    graph = Graph(
        name,
        # old converters list variable tensors among the inputs
        tuple(draft.names[i] for i in model.inputs if not model.tensors[i].is_variable),
        tuple(draft.names[i] for i in model.outputs),
        draft.tensors,
        tuple(draft.nodes),
        labels if labels != ("",) else (),
        states,
        notes=notes,
    )
    # constant operands that became attributes are no longer used: with_nodes drops them
    graph = graph.with_nodes(graph.nodes)
    _check_tensors(model, draft, graph, source)
    return verify(_fix_inputs(dequantize_weights(graph)), OPS)


def _plain_dialect(model: TfliteModel, real: bool) -> tuple[TfliteModel, tuple[str, ...]]:
    """The model in float32 or int8, and what that took, for people."""
    model = with_real_constants(model)
    if real and is_quantized(model):
        return as_float(model), ("a quantised model, read as its real values, float32",)
    if is_uint8(model):
        return from_uint8(model), (
            "uint8 codes are moved down by 128 to int8, also at inputs and outputs, which changes no result; `edgeml "
            "quantize` with --data makes weights symmetric",
        )
    return model, ()


def _fix_inputs(graph: Graph) -> Graph:
    for tensor in graph.input_tensors:
        if tensor.is_constant:
            raise ModelFormatError(f"graph input '{tensor.name}' has constant data. The file is damaged.")
    return graph


def _check_operators(model: TfliteModel, source: str) -> None:
    missing = sorted({op.builtin for op in model.operators} - set(_BY_BUILTIN) - set(REWRITES) - {LOOP})
    if missing:
        where = next(i for i, op in enumerate(model.operators) if op.builtin in missing)
        raise UnsupportedError(
            f"'{source}': unsupported operator {', '.join(missing)} (first at operator {where}). `edgeml ops` lists "
            "what is supported; replace the layer or export without it."
        )


def _check_subgraphs(model: TfliteModel, source: str) -> None:
    called = any(field.lower().endswith("subgraphindex") for op in model.operators for field in op.options)
    if model.others and not called:
        raise UnsupportedError(
            f"'{source}': has {1 + len(model.others)} graphs that do not call each other; edgeml reads models "
            "with one. Export each signature to a file of its own."
        )


def _check_tensors(model: TfliteModel, draft: Draft, graph: Graph, source: str) -> None:
    """Every tensor that the graph uses has a type that the IR knows and fixed sizes beyond the batch."""
    for name, record in zip(draft.names, model.tensors, strict=True):
        if name not in graph.tensors:
            continue
        if record.element and record.data is None:
            raise UnsupportedError(
                f"'{source}': tensor '{name}' has element type {record.element}, which edgeml does not read. Convert "
                "the model to float32 or int8."
            )
        if any(d < 0 for d in record.signature[1:]):
            raise UnsupportedError(
                f"'{source}': tensor '{name}' has a dynamic size {record.signature}. Export with fixed sizes."
            )


def _read_operator(index: int, record: OperatorRecord, draft: Draft) -> None:
    inputs = tuple(draft.names[i] if i >= 0 else "" for i in record.inputs)
    outputs = tuple(draft.names[i] for i in record.outputs)
    if not outputs and record.builtin not in WITHOUT_OUTPUTS:
        raise ModelFormatError(f"operator {index} ({record.builtin}) has no outputs. The file is damaged.")
    rewrite = REWRITES.get(record.builtin, _one_to_one)
    if record.builtin == LOOP:
        rewrite = _while
    call = Call(index, record, inputs, outputs, record.options, draft)
    try:
        rewrite(call)
    except (LookupError, ValueError, TypeError, AttributeError, AssertionError, ArithmeticError) as error:
        raise ModelFormatError(
            f"{call.where}: options or operands are inconsistent ({error}). Export it again."
        ) from error


def _while(call: Call) -> None:
    unroll_while(call, _read_operator)


def _one_to_one(call: Call) -> None:
    """An operator of the same meaning; constant operands that steer it become attributes."""
    operator = OPS[_BY_BUILTIN[call.record.builtin]]
    spelling = operator.litert
    assert isinstance(spelling, LiteRT)
    operands = {attr: call.constant(position) for attr, position in spelling.operands.items()}
    kept = [n for p, n in enumerate(call.inputs) if p not in spelling.operands.values()]
    types: list[TensorType | None] = [call.draft.tensors[n].type if n else None for n in kept]
    outputs = [call.draft.tensors[n].type for n in call.outputs]
    options = _options(call.record, spelling)
    for key in _AT_LEAST_ONE:
        if options.get(key, 1) < 1:  # type: ignore[operator]
            raise ModelFormatError(f"{call.where}: {key} must be at least 1. Got {options[key]}. Export it again.")
    attrs = operator.from_litert(options, operands, types, outputs)
    call.draft.node(operator.name, kept, (*call.outputs, *call.new_states(operator.in_place, kept)), attrs)


def _options(record: OperatorRecord, spelling: LiteRT) -> Mapping[str, object]:
    if record.options_type == spelling.options or not spelling.options:
        return record.options
    if not record.options_type:
        # flatbuffers leave a table out when all its fields have their defaults
        return default_options(spelling.options)
    raise ModelFormatError(f"{record.builtin}: carries {record.options_type} instead of {spelling.options}.")
