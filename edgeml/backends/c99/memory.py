"""Places activations and working memory in one arena: exact live ranges, and overlaps where the kernels allow them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from edgeml.backends.c99.accesses import SCRATCH, Overlap
from edgeml.backends.c99.planner.problem import WORD, Buffer, Problem, Sharing, build_problem
from edgeml.backends.c99.planner.search import place
from edgeml.backends.c99.state import StatePlan, plan_states
from edgeml.backends.c99.streaming.schedule import Stream
from edgeml.backends.c99.views import Views, share_views
from edgeml.ir import Graph, Node, State

# Offsets are multiples of this, and so must be the arena's address.
ALIGNMENT = WORD


@dataclass(frozen=True)
class Block:
    """Bytes [offset, offset + bytes) of the arena, in use from node `first` to node `last`, both included.

    A graph input is in use from node -1, a graph output to the number of nodes; what nodes that are computed row by row
    use, from the first of them to the last. Blocks that are in use at one time
    share bytes only where the node that reads one last and writes the other first allows it.
    """

    tensor: str
    offset: int
    bytes: int
    first: int
    last: int


@dataclass(frozen=True)
class MemoryPlan:
    """Where every activation lives.

    `storage` maps each activation to the tensor whose memory it shares (mostly itself): a graph input that the caller
    keeps, a state or what is computed in its place (`states`), or the tensor of a block; `shift` is the byte at which
    it begins there, where that is not 0. `skipped` holds the indices of nodes that need no copy because inputs and
    output share their memory. No plan for these kernels in this order takes fewer than `lower_bound` bytes.
    """

    blocks: tuple[Block, ...]
    storage: Mapping[str, str]
    shift: Mapping[str, int]
    skipped: frozenset[int]
    arena_bytes: int
    lower_bound: int
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


def plan_memory(
    graph: Graph,
    scratch: Mapping[int, int] | None = None,
    overlaps: Mapping[int, Sequence[Overlap]] | None = None,
    keep_inputs: bool = False,
    streams: Sequence[Stream] = (),
) -> MemoryPlan:
    """Plan the arena. `scratch` gives the working memory of nodes in bytes, by the node's index, and `overlaps` what
    their kernels may write over their inputs; the nodes of `streams` are computed row by row.

    States stay in the caller's memory, and graph inputs too with `keep_inputs`.
    """
    views = share_views(graph)
    states = plan_states(graph, views.storage, ALIGNMENT)
    problem = arena_problem(graph, scratch or {}, overlaps or {}, keep_inputs, streams)
    found = place(problem)
    ends = {s.first: s.last for s in streams}
    blocks = [
        Block(b.name, offset * WORD, b.size * WORD, b.first, ends.get(b.last, b.last))
        for b, offset in zip(problem.buffers, found.offsets, strict=True)
    ]
    blocks.sort(key=lambda b: (b.first, b.offset, b.tensor))
    return MemoryPlan(
        tuple(blocks), views.storage, views.shift, views.skipped, found.peak * WORD, found.lower * WORD, states
    )


def arena_problem(
    graph: Graph,
    scratch: Mapping[int, int],
    overlaps: Mapping[int, Sequence[Overlap]],
    keep_inputs: bool,
    streams: Sequence[Stream],
) -> Problem:
    """The buffers of the arena and their relations. All nodes of a stream are one step: the first of them."""
    views = share_views(graph)
    storage = views.storage
    states = plan_states(graph, storage, ALIGNMENT)
    outside = {*states.direct, *(s.input for s in graph.states), *(graph.inputs if keep_inputs else ())}
    ranges = _live_ranges(graph, storage, states)
    steps = {i: s.first for s in streams for i in range(s.first, s.last + 1)}
    windows = {name: s.bytes(name) for s in streams for name in s.windows}
    buffers = [
        Buffer(name, _words(windows.get(name) or graph.tensor(name).type.nbytes), *(steps.get(i, i) for i in span))
        for name, span in ranges.items()
        if name not in outside
    ]
    for i, nbytes in sorted(scratch.items()):
        step = steps.get(i, i)
        buffers.append(Buffer(scratch_name(graph.nodes[i]), _words(nbytes), step, step))
    end = len(graph.nodes)
    for state in (graph.states[i] for i in states.copied):
        if is_staged(graph, storage, state):
            buffers.append(Buffer(staging_name(state), _words(graph.tensor(state.input).type.nbytes), end, end))
    sharing = _sharing(graph, views, overlaps, steps)
    for s in streams:
        for (read, written), most in s.overlaps.items():
            part = {read, written} & set(views.shift)
            sharing.add(s.first, storage[read], storage[written], None if part else Overlap(0, 0, most))
    return build_problem(buffers, sharing.terms, _strangers(graph, storage, streams))


def _strangers(graph: Graph, storage: Mapping[str, str], streams: Sequence[Stream]) -> set[frozenset[str]]:
    """Pairs of buffers of a stream that hold nothing at one time."""
    owners = list(storage.values())
    found = set()
    for s in streams:
        times = {n: t for n, t in s.times.items() if storage[n] == n and owners.count(n) == 1}
        times.update({scratch_name(graph.nodes[i]): t for i, t in s.scratch_times.items()})
        names = sorted(times)
        found |= {frozenset((a, b)) for a in names for b in names if a < b and not times[a] & times[b]}
    return found


def _live_ranges(graph: Graph, storage: Mapping[str, str], states: StatePlan) -> dict[str, tuple[int, int]]:
    """First and last node that use each owner of memory."""
    ranges = {storage[name]: (-1, -1) for name in graph.inputs}
    for i, node in enumerate(graph.nodes):
        for name in (*node.outputs, *node.inputs):
            owner = storage.get(name)
            if owner is not None:
                ranges[owner] = (ranges.get(owner, (i, i))[0], i)
    late = {*graph.outputs, *(graph.states[i].output for i in states.copied)}
    for owner in {storage[name] for name in late if name in storage} & set(ranges):
        ranges[owner] = (ranges[owner][0], len(graph.nodes))
    return ranges


def _sharing(
    graph: Graph, views: Views, overlaps: Mapping[int, Sequence[Overlap]], streamed: Collection[int]
) -> Sharing:
    """What the kernels declare, between the owners of memory; nothing for parts of a memory."""
    sharing, storage = Sharing(), views.storage
    for i, node in enumerate(graph.nodes):
        if i in views.skipped or i in streamed:
            continue
        declared = {(o.read, o.written): o for o in overlaps.get(i, ())}
        written = {index: storage[name] for index, name in enumerate(node.outputs)}
        written[SCRATCH] = scratch_name(node)
        for read, name in enumerate(node.inputs):
            if name in storage:
                for index, owner in written.items():
                    part = name in views.shift or (index != SCRATCH and node.outputs[index] in views.shift)
                    sharing.add(i, storage[name], owner, None if part else declared.get((read, index)))
    return sharing


def is_staged(graph: Graph, storage: Mapping[str, str], state: State) -> bool:
    """Whether a new value lies in the memory of a state, which another copy may overwrite first."""
    return storage.get(state.output) in {s.input for s in graph.states}


def _words(nbytes: int) -> int:
    return -(-nbytes // WORD)
