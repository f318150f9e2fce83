"""Short names for layers that a converter named after every operator that it merged.

"cnn_1/relu1_1/Relu;cnn_1/norm1_1/batchnorm/add_1;cnn_1/conv1_1/convolution" becomes "conv1".
"""

from __future__ import annotations

import re
from dataclasses import replace

from edgeml.ir import Graph, Tensor

# of merged operators, the one that carries the weights names the layer
_WEIGHTED = re.compile(r"convolution|conv2d|depthwise|matmul|dot_general", re.IGNORECASE)
_COUNTER = re.compile(r"_\d+$")


def shorten_names(graph: Graph) -> Graph:
    """Rename activations and their nodes; graph inputs, outputs, states and constants keep their names."""
    keep = {*graph.given, *graph.kept, *(t.name for t in graph.constants)}
    taken = set(graph.tensors)
    renamed: dict[str, str] = {}
    for node in graph.nodes:
        for name in node.outputs:
            if name not in keep:
                renamed[name] = _unique(_short(name) or node.op, taken)
    tensors: dict[str, Tensor] = {}
    for tensor in graph.tensors.values():
        name = renamed.get(tensor.name, tensor.name)
        tensors[name] = replace(tensor, name=name)

    def mapped(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(renamed.get(n, n) for n in names)

    nodes = tuple(
        replace(n, name=renamed.get(n.name, n.name), inputs=mapped(n.inputs), outputs=mapped(n.outputs))
        for n in graph.nodes
    )
    return replace(graph, nodes=nodes, tensors=tensors)


def _short(name: str) -> str:
    parts = name.split(";")
    part = next((p for p in parts if _WEIGHTED.search(p.rsplit("/", 1)[-1])), parts[0])
    segments = [s for s in part.split("/") if s]
    if len(segments) > 1:
        segments.pop()  # the operator; the layer stands before it
    return _COUNTER.sub("", segments[-1]) if segments else ""


def _unique(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    taken.add(candidate)
    return candidate
