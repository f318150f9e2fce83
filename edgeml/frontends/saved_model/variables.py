"""Values of a SavedModel's variables, from its checkpoint, without running its restore function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from edgeml.errors import ModelFormatError
from edgeml.frontends.quiet import import_tensorflow
from edgeml.frontends.saved_model.read import Signature, inside
from edgeml.ir import Array

_PREFIX = "variables/variables"
_CALLS = ("PartitionedCall", "StatefulPartitionedCall")


def read_variables(folder: Path, signature: Signature) -> dict[str, Array]:
    """Variable nodes (VarHandleOp) that the signature reaches -> values. Raises ModelFormatError.

    Which entry of the checkpoint belongs to which variable stands in the graph that would restore them (RestoreV2 ->
    AssignVariableOp); it is read here, not run.
    """
    handles = {n.name: n for n in signature.graph.node if n.op == "VarHandleOp"}
    if not handles:
        return {}
    source = str(folder)
    keys = dict(_assignments(signature.meta_graph))
    missing = sorted(set(handles) - set(keys))
    if missing:
        raise ModelFormatError(f"'{source}': nothing restores variable '{missing[0]}'. Export the model again.")
    return dict(_values(folder, {name: (keys[name], node) for name, node in handles.items()}, source))


def _values(folder: Path, wanted: Mapping[str, tuple[str, Any]], source: str) -> Iterator[tuple[str, Array]]:
    tensorflow = import_tensorflow()
    files = [inside(folder, p) for p in sorted((folder / _PREFIX).parent.glob("variables.*"))]
    available = sum(p.stat().st_size for p in files)
    try:
        reader = tensorflow.train.load_checkpoint(str(folder / _PREFIX))
        shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
        planned = sum(prod(shapes[key]) * dtypes[key].size for key, _ in wanted.values())
        if planned > available:
            raise ModelFormatError(
                f"'{source}': the variables would take {planned:,} bytes, their files have {available:,}. "
                "Export it again."
            )
        for name, (key, node) in wanted.items():
            shape = tuple(d.size for d in node.attr["shape"].shape.dim)
            value = np.asarray(reader.get_tensor(key))
            if value.shape != shape or dtypes[key] != tensorflow.dtypes.as_dtype(node.attr["dtype"].type):
                raise ModelFormatError(f"'{source}': variable '{name}' has another shape or type in the checkpoint.")
            yield name, value
    except (tensorflow.errors.OpError, LookupError, ValueError, TypeError, RuntimeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise ModelFormatError(f"'{source}': the variables cannot be read ({reason}). Export it again.") from None


def _assignments(meta_graph: Any) -> Iterator[tuple[str, str]]:
    """(variable node, checkpoint key) of every AssignVariableOp that takes a RestoreV2's output."""
    graph = meta_graph.graph_def
    functions = {f.signature.name: f for f in graph.library.function}
    yield from _pairs({n.name: n for n in graph.node}, lambda name: name)
    for node in graph.node:
        function = functions.get(node.attr["f"].func.name) if node.op in _CALLS else None
        if function is None or not any(n.op == "RestoreV2" for n in function.node_def):
            continue
        # control inputs follow the arguments
        pairs = zip(function.signature.input_arg, node.input, strict=False)
        arguments = {argument.name: name.partition(":")[0] for argument, name in pairs}
        yield from _pairs({n.name: n for n in function.node_def}, arguments.get)


def _pairs(nodes: Mapping[str, Any], variable_of: Any) -> Iterator[tuple[str, str]]:
    for node in nodes.values():
        if node.op != "AssignVariableOp" or len(node.input) < 2:
            continue
        value = _through_identity(nodes, node.input[1])
        restore, _, rest = value.partition(":")
        source = nodes.get(restore)
        variable = variable_of(node.input[0].partition(":")[0])
        if source is None or source.op != "RestoreV2" or variable is None:
            continue
        # `restore:3` in a graph, `restore:tensors:3` in a function
        index = int(rest.rpartition(":")[2] or 0)
        keys = nodes.get(source.input[1].partition(":")[0])
        if keys is not None and keys.op == "Const" and index < len(keys.attr["value"].tensor.string_val):
            yield variable, keys.attr["value"].tensor.string_val[index].decode()


def _through_identity(nodes: Mapping[str, Any], name: str) -> str:
    for _ in range(len(nodes)):
        node = nodes.get(name.partition(":")[0])
        if node is None or node.op != "Identity" or not node.input:
            break
        name = node.input[0]
    return name
