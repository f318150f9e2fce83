"""The quantiser: float graph and calibration data in, int8 graph and what it cost out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array, DType, Graph, TensorType
from edgeml.passes import canonicalize
from edgeml.quantize.bias_correction import correct_biases
from edgeml.quantize.calibrate import calibrate, check_calibration
from edgeml.quantize.materialize import materialize
from edgeml.quantize.ranges import choose_quantization
from edgeml.quantize.recipe import Recipe
from edgeml.quantize.sqnr import LayerSqnr, layer_sqnr

# samples for bias correction and SQNR: means over samples and positions converge early
MEASURE_SAMPLES = 256


@dataclass(frozen=True, eq=False)
class QuantizeResult:
    """`graph` is int8; `float_graph` is the canonical float graph with the same tensor names."""

    graph: Graph
    float_graph: Graph
    layers: tuple[LayerSqnr, ...]
    samples: int


def quantize(graph: Graph, x: Array, recipe: Recipe | None = None) -> QuantizeResult:
    """Quantise a float32 `graph` to int8 with calibration samples `x` (N, …), float32.

    Raises QuantizationError on unusable data and on graphs that are not float32.
    """
    recipe = recipe or Recipe()
    float_graph = canonicalize(graph)
    x = check_calibration(float_graph, x)
    chosen = choose_quantization(float_graph, calibrate(float_graph, x), recipe)
    int8_graph = materialize(float_graph, chosen, recipe)
    measured = x[:MEASURE_SAMPLES]
    codes = quantize_input(measured, int8_graph.input_tensors[0].type)
    if recipe.bias_correction:
        int8_graph = correct_biases(float_graph, int8_graph, measured, codes)
    return QuantizeResult(int8_graph, float_graph, layer_sqnr(float_graph, int8_graph, measured, codes), len(x))


def quantize_input(x: Array, type_: TensorType) -> Array:
    """float32 samples as the codes of a per-tensor quantised int8 input; float inputs stay as they are.

    One float32 multiplication by the reciprocal, rounded half to even: the rule of the `quantize` operator.
    """
    x = np.asarray(x, np.float32)
    if type_.dtype is not DType.INT8:
        return x
    inverse = np.float32(1.0) / np.float32(type_.scale)
    return np.asarray(np.clip(np.rint(x * inverse) + type_.zero_point, -128, 127).astype(np.int8))


def dequantize_output(codes: Array, type_: TensorType) -> Array:
    """Codes of a per-tensor quantised int8 output as float32 reals; float outputs stay as they are."""
    if type_.dtype is not DType.INT8:
        return codes
    return np.asarray((codes.astype(np.int32) - type_.zero_point).astype(np.float32) * np.float32(type_.scale))
