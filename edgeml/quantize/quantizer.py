"""The quantiser: float graph and calibration data in, int8 graph and what it cost out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from edgeml.errors import QuantizationError
from edgeml.extras import require
from edgeml.ir import Array, DType, Graph
from edgeml.ops import OPS
from edgeml.ops.convolution import has_weight_zero_points
from edgeml.passes import canonicalize
from edgeml.quantize.calibrate import Samples, calibrate, check_calibration
from edgeml.quantize.codes import quantize_input
from edgeml.quantize.equalize import METHOD as EQUALISATION
from edgeml.quantize.equalize import equalize
from edgeml.quantize.exact_scales import exact_scales
from edgeml.quantize.exact_sums import exact_sums
from edgeml.quantize.follow import follow
from edgeml.quantize.materialize import materialize
from edgeml.quantize.pooled_scale import own_pool_scales
from edgeml.quantize.ranges import choose_quantization, tied_activations
from edgeml.quantize.recipe import Recipe
from edgeml.quantize.repairs import Repair, helps, judging, output_error, spread
from edgeml.quantize.sqnr import LayerSqnr

# samples for bias correction and SQNR: means over samples and positions converge early, so fewer where a sample has
# many activations (elements in all)
MEASURE_SAMPLES = (16, 256)
MEASURE_ELEMENTS = 2**26


@dataclass(frozen=True, eq=False)
class QuantizeResult:
    """`graph` is int8; `float_graph` is the canonical float graph with the same tensor names.

    `kept_float` names the nodes that compute in float32 between a dequantize and a quantize, with the reason;
    `repairs` is what was tried against the loss, and whether it helped.
    """

    graph: Graph
    float_graph: Graph
    layers: tuple[LayerSqnr, ...]
    samples: int
    kept_float: Mapping[str, str] = field(default_factory=dict)
    repairs: tuple[Repair, ...] = ()


def must_be_real(graph: Graph, requantize: bool) -> bool:
    """Whether a graph is quantised already and shall be quantised again, so that its real values must be loaded.

    Always so for asymmetric weights, which come from uint8 files. Raises QuantizationError for int8 graphs unless
    `requantize`.
    """
    quantized = any((t.dtype is DType.INT8 or t.type.has_codes) and not t.is_constant for t in graph.tensors.values())
    if quantized and not requantize and not has_weight_zero_points(graph):
        raise QuantizationError(
            f"graph '{graph.name}' is int8 already; to quantise it again only loses accuracy. Give the float model, or "
            "--requantize (requantize=True) if there is none."
        )
    return quantized


def quantize(graph: Graph, x: Array | Mapping[str, Array], recipe: Recipe | None = None) -> QuantizeResult:
    """Quantise a float32 `graph` to int8 with calibration samples `x` (N, …), float32; a mapping for several inputs.

    Nodes without an int8 meaning stay float32. Raises QuantizationError on unusable data and on graphs that are not
    float32.
    """
    recipe = recipe or Recipe()
    if must_be_real(graph, requantize=True):
        raise QuantizationError(
            f"only float32 graphs are quantised; graph '{graph.name}' is int8. Load the float model, or its real "
            "values with edgeml.load(path, real=True)."
        )
    # sums of a different number of threads differ in their last bits, and scales with them
    with require("threadpoolctl", "all").threadpool_limits(1, "blas"):
        float_graph = canonicalize(graph)
        plain = _quantize(float_graph, x, recipe)
        return _equalized(float_graph, x, recipe, plain) if recipe.equalize else plain


def _equalized(graph: Graph, x: Array | Mapping[str, Array], recipe: Recipe, plain: QuantizeResult) -> QuantizeResult:
    """`plain`, or what equalisation makes of the same float graph where its outputs are nearer on held-out samples."""
    other, pairs = equalize(graph)
    if not pairs:
        return plain
    equalized = _quantize(other, x, recipe)
    samples = check_calibration(graph, x)
    judges = judging(measured_samples(graph, samples))
    before, after = (output_error(r.float_graph, r.graph, judges) for r in (plain, equalized))
    better = helps(before, after)
    channels = {node.name: graph.bind(node).output.shape[-1] for node in graph.nodes}
    told = tuple(
        Repair(p.first, EQUALISATION, before, after, channels[p.first] * better, channels[p.first]) for p in pairs
    )
    chosen = equalized if better else plain
    return replace(chosen, repairs=(*told, *chosen.repairs))


def _quantize(float_graph: Graph, x: Array | Mapping[str, Array], recipe: Recipe) -> QuantizeResult:
    samples = check_calibration(float_graph, x)
    learn = _learned(float_graph, recipe)
    observed = calibrate(float_graph, samples, counts=recipe.observer != "minmax")
    measured = measured_samples(float_graph, samples)
    repairs: tuple[Repair, ...] = ()
    if recipe.pool_scale and recipe.activations == "int8":
        float_graph, repairs = own_pool_scales(float_graph, observed, recipe, measured)
    wide = choose_quantization(float_graph, observed, recipe, DType.INT16) if recipe.has_int16 else None
    chosen = choose_quantization(float_graph, observed, recipe)
    if recipe.exact_scales:
        chosen = exact_sums(float_graph, chosen, tied_activations(float_graph))
    int8_graph, kept = materialize(float_graph, chosen, recipe, wide)
    count = len(next(iter(samples.values())))
    codes = {name: quantize_input(v, int8_graph.tensor(name).type) for name, v in measured.items()}
    correct = recipe.bias_method if recipe.bias_correction else None
    int8_graph, layers, corrected = follow(float_graph, int8_graph, measured, codes, correct=correct, learn=learn)
    if recipe.exact_scales:
        int8_graph = exact_scales(int8_graph)
    return QuantizeResult(int8_graph, float_graph, layers, count, kept, (*repairs, *corrected))


def measured_samples(graph: Graph, samples: Samples) -> Samples:
    """The part of the calibration samples that corrects biases and measures every layer."""
    elements = sum(t.type.elements for t in graph.tensors.values() if not t.is_constant)
    count = int(np.clip(MEASURE_ELEMENTS // max(1, elements), *MEASURE_SAMPLES))
    return spread(samples, count, stream=bool(graph.states))


def _learned(graph: Graph, recipe: Recipe) -> dict[str, int]:
    """The layers whose weights are rounded together, and their largest code. QuantizationError for an unknown layer."""
    layers = weighted_layers(graph)
    nodes = {node.name for node in graph.nodes}
    for name in recipe.activation_bits:
        if name not in nodes:
            raise QuantizationError(f"activation_bits: '{name}' is no node. Choose from {', '.join(sorted(nodes))}.")
    for name in recipe.weight_bits:
        if name not in layers:
            raise QuantizationError(f"weight_bits: '{name}' is no layer with weights. Choose from {', '.join(layers)}.")
    return {name: recipe.largest_code(name) for name in layers} if recipe.rounding == "learned" else {}


def weighted_layers(graph: Graph) -> tuple[str, ...]:
    """Names of the nodes whose weights are constant, in order."""
    return tuple(
        b.name for b in graph.bound() if OPS[b.node.op].weight_axis is not None and b.input(1).data is not None
    )


def inner_bits(graph: Graph, bits: int) -> dict[str, int]:
    """`weight_bits` of a recipe: `bits` for every layer but the first and the last, which lose most by few bits."""
    return dict.fromkeys(weighted_layers(canonicalize(graph))[1:-1], bits) if bits < 8 else {}
