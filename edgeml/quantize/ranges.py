"""Chooses the quantisation of every activation, with the ties that operators demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from edgeml.ir import DType, Graph, Quantization
from edgeml.ops import OPS
from edgeml.quantize.calibrate import activations
from edgeml.quantize.observers import Histogram, quantization_for, value_range
from edgeml.quantize.recipe import Recipe


def choose_quantization(
    graph: Graph, observed: Mapping[str, Histogram], recipe: Recipe, kind: DType = DType.INT8
) -> dict[str, Quantization]:
    """Quantisation per activation: fixed where LiteRT fixes it, shared where an operator cannot rescale.

    int16 codes are so many that they cover every value seen, whatever the recipe's observer.
    """
    groups = tied_activations(graph)
    fixed = _fixed(graph, kind)
    whole = replace(recipe, observer="minmax")
    recipe = whole if kind is DType.INT16 else recipe
    # pixels keep their scale: a device writes the codes of its inputs itself
    inputs = graph.inputs if recipe.observer == "mse" else ()
    result: dict[str, Quantization] = {}
    for members in groups:
        forced = [fixed[name] for name in members if name in fixed]
        if forced:
            chosen = forced[0]
        else:
            ranges = [value_range(observed[name], whole if name in inputs else recipe) for name in members]
            chosen = quantization_for(min(r[0] for r in ranges), max(r[1] for r in ranges), kind)
        result.update(dict.fromkeys(members, chosen))
    return result


def _fixed(graph: Graph, kind: DType) -> dict[str, Quantization]:
    found = {}
    for node in graph.nodes:
        fixed = OPS[node.op].fixed(kind)
        if fixed is not None:
            found.update(dict.fromkeys(node.outputs, fixed))
    return found


def tied_activations(graph: Graph) -> list[list[str]]:
    """Activations grouped by union-find over operators with `same_quantization`, in graph order."""
    parent = {name: name for name in activations(graph)}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for node in graph.nodes:
        if OPS[node.op].same_quantization:
            tied = [n for n in (*node.inputs, *node.outputs) if n in parent]
            for other in tied[1:]:
                parent[root(other)] = root(tied[0])
    for state in graph.states:
        # what one run leaves is what the next one reads
        if state.input in parent and state.output in parent:
            parent[root(state.output)] = root(state.input)
    groups: dict[str, list[str]] = {}
    for name in parent:
        groups.setdefault(root(name), []).append(name)
    return list(groups.values())
