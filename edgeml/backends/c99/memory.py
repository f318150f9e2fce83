"""Places activations in one arena: live ranges over the execution order, largest first, best fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from edgeml.backends.c99.state import StatePlan, plan_states
from edgeml.ir import Graph, Node, State

# Offsets are multiples of this, and so must be the arena's address: float32 and int32 need it.
ALIGNMENT = 4


@dataclass(frozen=True)
class Block:
    """Bytes [offset, offset + bytes) of the arena, in use from node `first` to node `last`, both included."""

    tensor: str
    offset: int
    bytes: int
    first: int
    last: int


@dataclass(frozen=True)
class MemoryPlan:
    """Where every activation lives.

    `storage` maps each activation to the tensor whose memory it shares (mostly itself): a graph input or
    output, which the caller provides, a state or what is computed in its place (`states`), or the tensor of a
    block. `skipped` holds the indices of reshapes that
    need no copy because input and output share their memory.
    """

    blocks: tuple[Block, ...]
    storage: Mapping[str, str]
    skipped: frozenset[int]
    arena_bytes: int
    states: StatePlan

    def block(self, tensor: str) -> Block:
        """The block of a tensor or scratch buffer that owns memory in the arena."""
        return next(b for b in self.blocks if b.tensor == tensor)


def scratch_name(node: Node) -> str:
    """Name of a node's working memory in the plan."""
    return f"{node.name}/scratch"


def staging_name(state: State) -> str:
    """Name in the plan of the memory that holds a new value until the old ones are all read."""
    return f"{state.input}/next"


def plan_memory(graph: Graph, scratch: Mapping[int, int] | None = None) -> MemoryPlan:
    """Plan the arena. `scratch` gives the working memory of nodes in bytes, by the node's index.

    Graph inputs, outputs and states stay in the caller's memory.
    """
    storage, skipped = share_reshapes(graph)
    states = plan_states(graph, storage, ALIGNMENT)
    outside = {*graph.given, *(storage[name] for name in graph.outputs), *states.direct}
    ranges: dict[str, tuple[int, int]] = {}
    for i, node in enumerate(graph.nodes):
        for name in (*node.outputs, *node.inputs):
            owner = storage.get(name)
            if owner is not None and owner not in outside:
                ranges[owner] = (ranges.get(owner, (i, i))[0], i)
    end = len(graph.nodes)
    for state in (graph.states[i] for i in states.copied):
        owner = storage.get(state.output)
        if owner in ranges:
            ranges[owner] = (ranges[owner][0], end)
    wanted = [Block(name, 0, _aligned(graph.tensor(name).type.nbytes), *span) for name, span in ranges.items()]
    for i, nbytes in sorted((scratch or {}).items()):
        wanted.append(Block(scratch_name(graph.nodes[i]), 0, _aligned(nbytes), i, i))
    for state in (graph.states[i] for i in states.copied):
        if is_staged(graph, storage, state):
            wanted.append(Block(staging_name(state), 0, _aligned(graph.tensor(state.input).type.nbytes), end, end))
    blocks = _place(wanted)
    return MemoryPlan(blocks, storage, skipped, max((b.offset + b.bytes for b in blocks), default=0), states)


def is_staged(graph: Graph, storage: Mapping[str, str], state: State) -> bool:
    """Whether a new value lies in the memory of a state, which another copy may overwrite first."""
    return storage.get(state.output) in {s.input for s in graph.states}


def share_reshapes(graph: Graph) -> tuple[dict[str, str], frozenset[int]]:
    """For each activation the tensor whose memory it uses, and the reshapes that therefore vanish.

    A group of tensors that share memory may hold one graph output, which then owns the memory, and no graph
    input or state beside it: those lie in different memory of the caller.
    """
    owner = {name: name for name in (*graph.given, *(o for n in graph.nodes for o in n.outputs))}
    skipped = set()
    for i, node in enumerate(graph.nodes):
        if node.op != "reshape" or node.inputs[0] not in owner:
            continue
        before, after = owner[node.inputs[0]], node.outputs[0]
        if after in graph.outputs:
            if before in graph.outputs or before in graph.given:
                continue
            owner = {name: after if o == before else o for name, o in owner.items()}
        else:
            owner[after] = before
        skipped.add(i)
    return owner, frozenset(skipped)


def _place(wanted: Iterable[Block]) -> tuple[Block, ...]:
    """Largest first; each into the smallest gap that holds it among the blocks that live at the same time."""
    placed: list[Block] = []
    for block in sorted(wanted, key=lambda b: (-b.bytes, b.first, b.tensor)):
        rivals = sorted((b for b in placed if b.first <= block.last and block.first <= b.last), key=lambda b: b.offset)
        best, end = None, 0
        for rival in rivals:
            gap = rival.offset - end
            if gap >= block.bytes and (best is None or gap < best[0]):
                best = (gap, end)
            end = max(end, rival.offset + rival.bytes)
        offset = end if best is None else best[1]
        placed.append(Block(block.tensor, offset, block.bytes, block.first, block.last))
    return tuple(sorted(placed, key=lambda b: (b.first, b.offset, b.tensor)))


def _aligned(nbytes: int) -> int:
    return -(-nbytes // ALIGNMENT) * ALIGNMENT
