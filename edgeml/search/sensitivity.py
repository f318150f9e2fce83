"""What a layer's weights of few bits do to the scores of the int8 model, one layer at a time: a cheap proxy.

Each layer is rounded as the quantiser would round it, from what the int8 model's layers before give; then only the
layers after it run again, on a few samples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import numpy as np

from edgeml.errors import UnsupportedError
from edgeml.explain.experiments import scores_name, squared
from edgeml.interpreter import run
from edgeml.ir import Array, DType, Graph
from edgeml.ops import OPS
from edgeml.quantize.codes import dequantize_output, quantize_input
from edgeml.quantize.layer_samples import LayerSamples
from edgeml.quantize.learned_rounding import learn_rounding
from edgeml.quantize.materialize import bias_kind, bias_quantization, bias_step, quantize_bias, quantize_weights
from edgeml.quantize.quantizer import QuantizeResult
from edgeml.quantize.recipe import Recipe
from edgeml.quantize.repairs import held_out
from edgeml.quantize.walk import evaluate

# elements of all activations, which are kept
_ELEMENTS = 2**24
_SAMPLES = (8, 96)


def sensitivities(
    result: QuantizeResult, x: Array, recipes: Mapping[str, Recipe], done: Callable[[], None] = lambda: None
) -> dict[str, float]:
    """For each layer in `recipes` the squared error that the scores have more of when only this layer follows its
    recipe, as a part of the signal; on samples `x` (N, …), float32. `done` is called after each layer."""
    float_graph, graph = result.float_graph, result.graph
    x = some_samples(float_graph, x)
    name = scores_name(float_graph)
    exact = run(float_graph, {float_graph.inputs[0]: x}, [n for node in float_graph.nodes for n in node.outputs])
    exact[float_graph.inputs[0]] = x
    codes = quantize_input(x, graph.input_tensors[0].type)
    values = run(graph, {graph.inputs[0]: codes}, [n for node in graph.nodes for n in node.outputs])
    values[graph.inputs[0]] = codes
    held = held_out(len(x))
    signal = max(squared(exact[name][held]), 1e-30)

    def error(got: Array) -> float:
        real = dequantize_output(got, graph.tensor(name).type)
        return squared((real - exact[name])[held]) / signal

    places = {node.name: i for i, node in enumerate(graph.nodes)}
    found = {}
    for layer, recipe in recipes.items():
        node = next(n for n in float_graph.nodes if n.name == layer)
        coarse = coarser(result, layer, recipe)
        if recipe.rounding == "learned":
            # a quantize node may stand between
            twin = graph.bind(graph.nodes[places[layer]])
            known = LayerSamples.of(float_graph.bind(node), exact[node.inputs[0]], twin, values[twin.input(0).name])
            coarse, _ = learn_rounding(coarse, places[layer], known, recipe.largest_code(layer))
        changed = _rerun(coarse, places[layer], values)
        found[layer] = error(changed.get(name, values[name])) - error(values[name])
        done()
    return found


def coarser(result: QuantizeResult, layer: str, recipe: Recipe) -> Graph:
    """The int8 graph with the weights of one layer as the recipe has them, each rounded to the nearest code."""
    float_graph, graph = result.float_graph, result.graph
    place = next(i for i, n in enumerate(graph.nodes) if n.name == layer)
    exact = float_graph.bind(next(n for n in float_graph.nodes if n.name == layer))
    bound = graph.bind(graph.nodes[place])
    weights = replace(quantize_weights(exact, recipe, bias_step(bound.input(0).type)), name=bound.input(1).name)
    changed = {weights.name: weights}
    bias = bound.optional(2)
    if bias is not None and bias.data is not None:
        old, new = (bias_quantization(bound.input(0).type, w.type) for w in (bound.input(1), weights))
        real = bias.data.astype(np.float64) * old.scales.astype(np.float64)
        changed[bias.name] = replace(
            bias, type=replace(bias.type, quantization=new), data=quantize_bias(real, new, bias_kind(bound))
        )
    return graph.with_nodes(graph.nodes, changed)


def rounded_layers(result: QuantizeResult) -> Iterable[str]:
    """The layers whose weights are int8 constants of their own, in order."""
    graph = result.graph
    for bound in graph.bound():
        if OPS[bound.node.op].weight_axis is None or bound.output.dtype is not DType.INT8:
            continue
        users = [n.name for n in graph.nodes if bound.input(1).name in n.inputs]
        if bound.input(1).data is not None and users == [bound.name]:
            yield bound.name


def _rerun(graph: Graph, position: int, values: Mapping[str, Array]) -> dict[str, Array]:
    """What changes when the node at `position` has other constants than those that gave `values`."""
    found: dict[str, Array] = {}
    for i, node in enumerate(graph.nodes[position:], position):
        if i > position and not any(n in found for n in node.inputs):
            continue
        bound = graph.bind(node)
        args = tuple(None if t is None else found.get(t.name, values.get(t.name, t.data)) for t in bound.inputs)
        found.update(zip(node.outputs, evaluate(bound, args), strict=True))
    return found


def some_samples(graph: Graph, x: Array) -> Array:
    """A few samples from everywhere; UnsupportedError where the samples of a batch would mix."""
    if graph.states or len(graph.inputs) > 1 or not all(OPS[b.node.op].batchable(b) for b in graph.bound()):
        raise UnsupportedError(
            f"graph '{graph.name}': only models with one input, without states, whose samples are independent are "
            "searched. Quantise it with --weight-bits."
        )
    elements = sum(t.type.elements for t in graph.tensors.values() if not t.is_constant)
    count = min(len(x), int(np.clip(_ELEMENTS // max(1, elements), *_SAMPLES)))
    return np.asarray(x[np.arange(count) * len(x) // count], np.float32)
