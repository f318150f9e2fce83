"""Short names for layers that a converter named after every operator that it merged.

"cnn_1/relu1_1/Relu;cnn_1/norm1_1/batchnorm/add_1;cnn_1/conv1_1/convolution" becomes "conv1"; where several layers are
called alike, their scopes tell them apart: "block_3/expand".
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from edgeml.ir import Graph, Tensor

# of merged operators, the one that carries the weights names the layer
_WEIGHTED = re.compile(r"convolution|conv2d|depthwise|matmul|dot_general", re.IGNORECASE)
_COUNTER = re.compile(r"_\d+$")


def shorten_names(graph: Graph) -> Graph:
    """Rename activations and their nodes; graph inputs, outputs, states and constants keep their names."""
    keep = {*graph.given, *graph.kept, *(t.name for t in graph.constants)}
    ops = {name: node.op for node in graph.nodes for name in node.outputs if name not in keep}
    # a layer may keep the name that it has
    taken = set(graph.tensors) - set(ops)
    renamed = {name: _free(name, short or ops[name], taken) for name, short in _short(list(ops)).items()}
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


def _short(names: list[str]) -> dict[str, str]:
    """For each name the shortest of its forms that no other one has, or the very shortest where none is."""
    forms = {name: _forms(name) for name in names}
    level = dict.fromkeys(names, 0)
    while True:
        chosen = {name: forms[name][level[name]] for name in names}
        count = Counter(chosen.values())
        alike = [n for n in names if count[chosen[n]] > 1 and level[n] + 1 < len(forms[n])]
        if not alike:
            return {name: chosen[name] if count[chosen[name]] == 1 else forms[name][0] for name in names}
        for name in alike:
            level[name] += 1


def _forms(name: str) -> tuple[str, ...]:
    """The layer without the converter's counter, the layer, and the layer in its scope."""
    segments = [s for s in _part(name).split("/") if s]
    if len(segments) > 1:
        segments.pop()  # the operator; the layer stands before it
    if not segments:
        return ("",)
    return _COUNTER.sub("", segments[-1]), segments[-1], "/".join(segments[-2:])


def _part(name: str) -> str:
    """The merged operator with the weights. Names of others that share a constant with it stand there too: the one in
    the scope of the result is meant."""
    parts = name.split(";")
    weighted = [p for p in parts if _WEIGHTED.search(p.rsplit("/", 1)[-1])]
    return max(weighted or parts[:1], key=lambda p: _shared(p.split("/"), parts[0].split("/")))


def _shared(a: list[str], b: list[str]) -> int:
    """How many segments are the same from the left."""
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _free(name: str, short: str, taken: set[str]) -> str:
    """`short`, which is then taken. Where it is already, the name of a single operator with its layer's, as
    "image/padded" of "image", or a number behind it."""
    scoped = "" if ";" in name else "/".join(name.split("/")[-2:])
    candidate, number = scoped if short in taken and scoped else short, 2
    while candidate in taken:
        candidate, number = f"{short}_{number}", number + 1
    taken.add(candidate)
    return candidate
