"""Takes one signature's graph out of saved_model.pb and checks every operation that it reaches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.extras import require
from edgeml.files import read_bytes
from edgeml.frontends.quiet import import_tensorflow
from edgeml.frontends.saved_model.operations import ALLOWED

FILE = "saved_model.pb"
_SIGNATURE = "serving_default"
_MAX_FUNCTION_DEPTH = 64
# hints for placing and gradients; they name nodes and functions that are left behind
_DROPPED = ("_class", "_output_shapes", "forward_function_name", "backward_function_name")


@dataclass(frozen=True, eq=False)
class Signature:
    """What a signature needs, as protocol buffers of TensorFlow.

    `inputs` and `outputs` map its names to tensor names of the graph (`node:0`) with their TensorInfo; `graph` holds
    the nodes and functions that it reaches and nothing else; `meta_graph` is the whole file's graph, to look things up.
    """

    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]
    graph: Any
    meta_graph: Any


def read_signature(folder: Path) -> Signature:
    """The checked signature of a SavedModel folder. Raises ModelFormatError or UnsupportedError; runs nothing."""
    source = str(folder)
    meta = _meta_graph(folder, source)
    signature = _choose(meta, source)
    inputs, outputs = dict(signature.inputs), dict(signature.outputs)
    if not inputs or not outputs:
        raise UnsupportedError(f"'{source}': the signature has no inputs or no outputs. Export the inference function.")
    for name, info in (*inputs.items(), *outputs.items()):
        if info.WhichOneof("encoding") != "name":
            raise UnsupportedError(f"'{source}': '{name}' must be a dense tensor. Export the model with dense tensors.")
    graph = _reachable(meta.graph_def, [i.name for i in outputs.values()], {i.name for i in inputs.values()}, source)
    _check_operations(graph, source)
    _check_calls(graph, source)
    return Signature(inputs, outputs, graph, meta)


def _meta_graph(folder: Path, source: str) -> Any:
    import_tensorflow()
    protocol = require("tensorflow.core.protobuf.saved_model_pb2", "keras")
    decode_error = require("google.protobuf.message", "keras").DecodeError
    model = protocol.SavedModel()
    try:
        model.ParseFromString(read_bytes(inside(folder, folder / FILE), "SavedModel"))
    except decode_error:
        raise ModelFormatError(f"'{source}': {FILE} is damaged. Export the model again.") from None
    graphs = list(model.meta_graphs)
    serving = [g for g in graphs if "serve" in g.meta_info_def.tags] or graphs
    if not serving:
        raise ModelFormatError(f"'{source}': {FILE} holds no graph. Export the model again.")
    return serving[0]


def _choose(meta: Any, source: str) -> Any:
    known = {name: s for name, s in meta.signature_def.items() if not name.startswith("__")}
    if _SIGNATURE in known:
        return known[_SIGNATURE]
    if len(known) == 1:
        return next(iter(known.values()))
    raise UnsupportedError(
        f"'{source}': there is no signature '{_SIGNATURE}'. Got {', '.join(sorted(known)) or 'none'}. Export the model "
        "with model.export."
    )


def inside(folder: Path, path: Path) -> Path:
    """`path` when it really lies in `folder`; ModelFormatError for links that lead out of it."""
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ModelFormatError(f"'{folder}': '{path.name}' is a link out of the folder. Copy its target into it.")
    return path


def _reachable(graph: Any, outputs: list[str], inputs: set[str], source: str) -> Any:
    """A GraphDef with the nodes between `inputs` and `outputs` and the functions that these call.

    Nodes of inputs stay behind: the caller puts tensors in their place.
    """
    nodes = {n.name: n for n in graph.node}
    functions = {f.signature.name: f for f in graph.library.function}
    kept = type(graph)()
    kept.versions.CopyFrom(graph.versions)
    pending, seen, called = [_node_name(n) for n in outputs], set(), set()
    while pending:
        name = pending.pop()
        if name in seen:
            continue
        seen.add(name)
        if name not in nodes:
            raise ModelFormatError(f"'{source}': the graph has no node '{name}'. The file is damaged.")
        if f"{name}:0" in inputs:
            continue
        pending.extend(_node_name(i) for i in nodes[name].input)
        called.update(_calls(nodes[name], functions))
    kept.node.extend(n for n in graph.node if n.name in seen and f"{n.name}:0" not in inputs)
    _keep_functions(kept, functions, called)
    for node in _all_nodes(kept):
        node.device = ""
        for key in _DROPPED:
            node.attr.pop(key, None)
    return kept


def _keep_functions(kept: Any, functions: Mapping[str, Any], called: set[str]) -> None:
    pending, seen = sorted(called), set(called)
    while pending:
        function = functions[pending.pop()]
        kept.library.function.append(function)
        for node in function.node_def:
            new = _calls(node, functions) - seen
            seen |= new
            pending.extend(sorted(new))
    for function in kept.library.function:
        for key in _DROPPED:
            function.attr.pop(key, None)


def _calls(node: Any, functions: Mapping[str, Any]) -> set[str]:
    """Names of the library's functions that a node calls, by attribute or as its operation."""
    names = {node.op}
    for value in node.attr.values():
        names.update(f.name for f in (value.func, *value.list.func))
    return names & set(functions)


def _all_nodes(graph: Any) -> Iterator[Any]:
    yield from graph.node
    for function in graph.library.function:
        yield from function.node_def


def _check_operations(graph: Any, source: str) -> None:
    functions = {f.signature.name for f in graph.library.function}
    allowed = ALLOWED | functions
    refused = sorted({n.op for n in _all_nodes(graph)} - allowed)
    refused += sorted({n.op for f in graph.library.function for n in f.node_def} & {"VarHandleOp", "Placeholder"})
    if functions & ALLOWED:
        raise ModelFormatError(f"'{source}': a function has the name of an operation. The file is damaged.")
    if refused:
        first = next(n.name for n in _all_nodes(graph) if n.op in refused)
        raise UnsupportedError(
            f"'{source}': operation {', '.join(refused)} (first at '{first}') is not on the list of operations that "
            "are read from SavedModels. Export the model without it."
        )


def _check_calls(graph: Any, source: str) -> None:
    """No function may call itself, directly or not: the converter writes all bodies out."""
    functions = {f.signature.name: f for f in graph.library.function}
    calls = {name: {c for n in f.node_def for c in _calls(n, functions)} for name, f in functions.items()}
    level = set(functions)
    for _ in range(_MAX_FUNCTION_DEPTH):
        level = {c for name in level for c in calls[name]}
        if not level:
            return
    raise ModelFormatError(f"'{source}': functions call each other in a circle. The file is damaged.")


def _node_name(tensor: str) -> str:
    return tensor.removeprefix("^").partition(":")[0]
