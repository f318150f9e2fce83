"""WHILE with a trip count that the file fixes, as converters write an LSTM or GRU: its body, once for each turn.

The condition and the counters are computed while reading; a loop whose condition depends on what the model computes is
refused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.formats.litert import OperatorRecord, SubgraphRecord
from edgeml.frontends.litert.draft import Call, Draft
from edgeml.frontends.litert.tensor_lists import TensorLists

MAX_TURNS = 512
MAX_NODES = 20_000
_REMEDY = "Export a recurrent layer with unroll=True, or as LiteRT's fused LSTM."

ReadOperator = Callable[[int, OperatorRecord, Draft], None]


@dataclass
class _Memory:
    """What one turn leaves for the next: the graphs' constants, and the lists that grow."""

    constants: dict[tuple[int, int], str] = field(default_factory=dict)
    lists: TensorLists = field(default_factory=TensorLists)


def unroll_while(call: Call, read_operator: ReadOperator) -> None:
    """Append the body's operators for every turn. Raises UnsupportedError when the count is not known or too large."""
    condition, body = _graph(call, "condSubgraphIndex"), _graph(call, "bodySubgraphIndex")
    count = len(call.inputs)
    if not len(call.outputs) == count == len(condition.inputs) == len(body.inputs) == len(body.outputs):
        raise ModelFormatError(f"{call.where}: its graphs take other tensors than it gives. The file is damaged.")
    if len(condition.outputs) != 1:
        raise ModelFormatError(f"{call.where}: the condition must be one tensor. The file is damaged.")
    values = list(call.inputs)
    memory = _Memory()
    turns = 0
    while _holds(call, condition, values, memory, read_operator):
        turns += 1
        if turns > MAX_TURNS or len(call.draft.nodes) > MAX_NODES:
            raise UnsupportedError(
                f"{call.where}: the loop runs more than {MAX_TURNS} times, or makes more than {MAX_NODES} operators. "
                "Use a shorter sequence, or LiteRT's fused LSTM."
            )
        values = _run(call, body, values, memory, read_operator)
    for index, name in zip(call.record.outputs, values, strict=True):
        call.draft.alias(index, memory.lists.joined(name, call.draft))


def _graph(call: Call, option: str) -> SubgraphRecord:
    index = call.options.get(option)
    graph = call.draft.model.subgraph(index) if isinstance(index, int) and index > 0 else None
    if graph is None:
        raise ModelFormatError(f"{call.where}: names graph {index}, which the file does not hold. Get the file again.")
    return graph


def _holds(
    call: Call,
    condition: SubgraphRecord,
    values: list[str],
    memory: _Memory,
    read_operator: ReadOperator,
) -> bool:
    (name,) = _run(call, condition, values, memory, read_operator)
    data = call.draft.tensors[name].data
    if data is None or data.size != 1:
        raise UnsupportedError(
            f"{call.where}: how often the loop runs is not fixed in the file; edgeml compiles static graphs. {_REMEDY}"
        )
    return bool(data.reshape(-1)[0])


def _run(
    call: Call,
    graph: SubgraphRecord,
    values: list[str],
    memory: _Memory,
    read_operator: ReadOperator,
) -> list[str]:
    """Read one turn of a graph with `values` for its inputs; weights are the same tensors in every turn."""
    for record in graph.operators:
        if record.builtin in ("WHILE", "CALL_ONCE"):
            raise UnsupportedError(f"{call.where}: holds a {record.builtin} inside. {_REMEDY}")
    draft = call.draft.inside(graph, values, memory.constants)
    for i, record in enumerate(graph.operators):
        if not memory.lists.take(record, draft):
            read_operator(i, record, draft)
    return [draft.names[i] for i in graph.outputs]
