"""Gives a random graph a memory: states beside its inputs, with next values of every origin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.ir import Graph, Node, State, Tensor, verify
from edgeml.ops import OPS
from edgeml.ops.elementwise import BinaryAttrs

# states that are added to inputs, at most
_MOST = 3


def with_states(graph: Graph, seed: int) -> Graph:
    """`graph` with one to four states of its inputs' types.

    A state is added to what nodes read of an input, or takes the place of one where there are several. Its next value
    is a constant, or anything in the graph of its type: such a sum, an input, a state's old value, a later result.
    """
    rng = np.random.default_rng([seed, 11])
    tensors, inputs, olds = dict(graph.tensors), list(graph.inputs), list[str]()
    if len(inputs) > 1 and rng.random() < 0.5:
        olds.append(inputs.pop())
    sums: list[Node] = []
    latest = {name: name for name in inputs}
    for k in range(int(rng.integers(0 if olds else 1, _MOST + 1))):
        x, old, total = str(rng.choice(inputs)), f"memory{k}", f"with_memory{k}"
        for name in (old, total):
            tensors[name] = Tensor(name, tensors[x].type)
        sums.append(Node("add", f"remember{k}", (latest[x], old), (total,), BinaryAttrs()))
        latest[x] = total
        olds.append(old)
    # some nodes go on reading the input itself
    later = [
        replace(n, inputs=tuple(latest.get(x, x) for x in n.inputs)) if rng.random() < 0.8 else n for n in graph.nodes
    ]
    nodes = (*sums, *later)
    present = [*inputs, *olds, *(o for n in nodes for o in n.outputs)]
    states = []
    for old in olds:
        if rng.random() < 0.1:
            fixed = np.ones(tensors[old].shape, tensors[old].dtype.numpy)
            present.append(name := f"{old}/next")
            tensors[name] = Tensor(name, tensors[old].type, fixed)
            states.append(State(old, name))
        else:
            alike = [n for n in present if tensors[n].type == tensors[old].type]
            states.append(State(old, str(rng.choice(alike))))
    return verify(replace(graph, tensors=tensors, nodes=nodes, inputs=tuple(inputs), states=tuple(states)), OPS)
