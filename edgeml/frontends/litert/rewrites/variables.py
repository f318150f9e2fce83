"""Resource variables: what READ_VARIABLE finds at the start of a run and ASSIGN_VARIABLE leaves is a state."""

from __future__ import annotations

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.formats.litert import OperatorRecord, SubgraphRecord
from edgeml.frontends.litert.draft import Call


def var_handle(call: Call) -> None:
    """The output names the variable; no value is computed."""
    call.draft.variables.handle(call.outputs[0], _key(call.record))


def read_variable(call: Call) -> None:
    """The output is another name of the variable's value at this point of the run."""
    value = call.draft.variables.read(call.input(0).name, call.output())
    call.draft.alias(call.record.outputs[0], value)


def assign_variable(call: Call) -> None:
    """From here on the variable has this value, also in the next run."""
    call.draft.variables.assign(call.input(0).name, call.input(1).name)


def call_once(call: Call) -> None:
    """A graph that assigns constants to variables before the first run."""
    index = call.options.get("initSubgraphIndex", 0)
    graph = call.draft.model.subgraph(index) if isinstance(index, int) and index > 0 else None
    if graph is None:
        raise ModelFormatError(f"{call.where}: names graph {index}, which the file does not hold. Get the file again.")
    keys: dict[int, str] = {}
    for record in graph.operators:
        if record.builtin == "VAR_HANDLE" and record.outputs:
            keys[record.outputs[0]] = _key(record)
        elif record.builtin == "ASSIGN_VARIABLE" and len(record.inputs) == 2:
            _first(call, graph, record, keys)
        else:
            raise UnsupportedError(
                f"{call.where}: the initial values are computed by {record.builtin}; edgeml reads constants. Export "
                "the model with constant initial values."
            )


def _first(call: Call, graph: SubgraphRecord, record: OperatorRecord, keys: dict[int, str]) -> None:
    handle, value = record.inputs
    tensor = graph.tensors[value]
    if handle not in keys or tensor.data is None:
        raise UnsupportedError(
            f"{call.where}: the initial value '{tensor.name}' is no constant. Export the model with constant initial "
            "values."
        )
    call.draft.variables.first[keys[handle]] = tensor


def _key(record: OperatorRecord) -> str:
    return "/".join(_text(record.options.get(part)) for part in ("container", "sharedName"))


def _text(value: object) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
