"""Which layers want int16 activations first: those whose rounding costs the scores most."""

from __future__ import annotations

from edgeml.explain.experiments import chunks, round_alone
from edgeml.explain.rounding import Rounding
from edgeml.ir import Array
from edgeml.quantize import QuantizeResult
from edgeml.search.sensitivity import rounded_layers, some_samples


def costliest_layers(result: QuantizeResult, x: Array) -> tuple[str, ...]:
    """The layers with int8 weights, the one first that alone, rounded to int8 in the float graph, costs most; measured
    on a few of the samples `x` (N, …), float32."""
    graph = result.float_graph
    samples = {graph.inputs[0]: some_samples(graph, x)}
    rounding = Rounding(graph, result.graph)
    rounding.leave_out_copies(next(chunks(graph, samples)))
    alone = round_alone(rounding, samples).alone
    noise = {graph.nodes[i].name: measured.noise for i, measured in alone.items()}
    return tuple(sorted((n for n in rounded_layers(result) if n in noise), key=lambda n: -noise[n]))
