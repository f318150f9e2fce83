"""Goes through the float and the int8 graph side by side: rounds weights and corrects biases on the way, and measures
every layer."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.ir import Graph
from edgeml.ops import OPS
from edgeml.quantize.bias_correction import correct_bias
from edgeml.quantize.calibrate import Samples
from edgeml.quantize.codes import dequantize_output
from edgeml.quantize.layer_samples import LayerSamples
from edgeml.quantize.learned_rounding import learn_rounding
from edgeml.quantize.recipe import BiasMethod
from edgeml.quantize.repairs import Repair
from edgeml.quantize.sqnr import LayerSqnr, sqnr_db
from edgeml.quantize.walk import walk


def follow(
    float_graph: Graph,
    graph: Graph,
    samples: Samples,
    codes: Samples,
    *,
    correct: BiasMethod | None,
    learn: Mapping[str, int] | None = None,
) -> tuple[Graph, tuple[LayerSqnr, ...], tuple[Repair, ...]]:
    """`graph` with the weights of the nodes in `learn` rounded together and biases corrected by the method `correct`,
    SQNR of every layer with a real-valued output, effects.

    `learn` holds the largest code of each of its nodes.

    `codes` are the same samples in the element types of the inputs of `graph`, whose nodes are those of
    `float_graph`, by name, with quantize and dequantize between some.
    """
    places = {node.name: i for i, node in enumerate(graph.nodes)}
    exact, rounded = walk(float_graph, samples), walk(graph, codes)
    layers: list[LayerSqnr] = []
    repairs: list[Repair] = []
    learn = learn or {}
    done = 0
    for i, node in enumerate(float_graph.nodes):
        place = places[node.name]
        for between in range(done, place):
            rounded.step(graph, between)
        bound = graph.bind(graph.nodes[place])
        if (correct or node.name in learn) and OPS[node.op].weight_axis is not None and bound.output.type.has_codes:
            x, seen = exact.arguments(float_graph, i)[0], rounded.arguments(graph, place)[0]
            assert x is not None and seen is not None
            layer = LayerSamples.of(float_graph.bind(node), x, bound, seen)
            if node.name in learn:
                graph, learned = learn_rounding(graph, place, layer, learn[node.name])
                repairs += [] if learned is None else [learned]
            if correct:
                graph, repair = correct_bias(graph, place, layer, correct)
                repairs.append(repair)
            want = exact.step(float_graph, i, (layer.output,))[0]
        else:
            want = exact.step(float_graph, i)[0]
        got = rounded.step(graph, place)[0]
        done = place + 1
        if want.dtype == np.float32:
            layers.append(LayerSqnr(node.name, node.op, sqnr_db(want, dequantize_output(got, bound.output.type))))
    if (correct or learn) and graph.states:
        # states were made by later layers, which have changed since
        graph, measured, _ = follow(float_graph, graph, samples, codes, correct=None)
        return graph, measured, tuple(repairs)
    return graph, tuple(layers), tuple(repairs)
