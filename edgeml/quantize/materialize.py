"""Builds the int8 graph: types with scales, int8 weights, int32 biases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from edgeml.errors import QuantizationError, UnsupportedError
from edgeml.ir import Array, BoundNode, DType, Graph, Node, Quantization, Tensor, TensorType, verify
from edgeml.ops import OPS
from edgeml.quantize.islands import Islands
from edgeml.quantize.observers import quantization_for
from edgeml.quantize.recipe import Recipe

_INT32 = (-(2**31), 2**31 - 1)
# Largest |bias| in steps of the accumulator. A channel that hardly looks at its input has tiny weights, and a bias of
# any number of their steps: larger steps for its weights keep the accumulator in int32 (and, for most layers, below
# 2^23, which the fastest kernels want). The bias alone is then 2^22 steps, far finer than the 255 of the output.
_LARGEST_BIAS = 2**22


def materialize(graph: Graph, chosen: Mapping[str, Quantization], recipe: Recipe) -> tuple[Graph, Mapping[str, str]]:
    """int8 graph with the same names, and the nodes that stay float32 with the reason.

    `chosen` holds the quantisation of every real-valued activation. An operator without int8 meaning, or one whose
    constraints these scales break, keeps its float32 tensors and stands between dequantize and quantize nodes.
    """
    drafts = {b.name: _int8_node(b, chosen, recipe) for b in graph.bound()}
    kept = {name: draft for name, draft in drafts.items() if isinstance(draft, str)}
    island = Islands(graph, kept, chosen)
    tensors = island.tensors()
    nodes: list[Node] = []
    for bound in graph.bound():
        draft = drafts[bound.name]
        if isinstance(draft, str):
            nodes += island.float_node(bound.node, tensors)
            continue
        inputs = list(draft.inputs)
        for position, tensor in draft.constants.items():
            # weights used by two nodes get a copy each: their scales are the node's own
            name = _fresh(tensor.name, tensors)
            tensors[name] = replace(tensor, name=name)
            inputs[position] = name
        nodes += island.int8_node(replace(bound.node, inputs=tuple(inputs)), tensors)
    for state in graph.states:
        if state.initial and tensors[state.input].dtype is DType.INT8:
            first = graph.tensor(state.initial)
            tensors[first.name] = _codes(first, chosen[state.input])
    return verify(graph.with_nodes(tuple(nodes), tensors), OPS), kept


@dataclass(frozen=True, eq=False)
class _Draft:
    """The inputs of a node in int8: `constants` are new tensors by position."""

    inputs: tuple[str, ...]
    constants: Mapping[int, Tensor]


def _int8_node(bound: BoundNode, chosen: Mapping[str, Quantization], recipe: Recipe) -> _Draft | str:
    """The node in int8, or the reason why it stays float32."""
    operator = OPS[bound.node.op]
    reals = [t for t in (*bound.inputs, *bound.outputs) if t is not None and t.dtype is DType.FLOAT32]
    if not reals:
        return _Draft(bound.node.inputs, {})  # integers only: nothing to quantise
    if DType.INT8 not in operator.dtypes:
        return f"{operator.name} has no int8 meaning"
    constants: dict[int, Tensor] = {}
    if operator.weight_axis is not None and bound.input(1).data is not None:
        x = TensorType(bound.input(0).shape, DType.INT8, chosen.get(bound.input(0).name))
        bias = bound.optional(2)
        if bias is not None and x.quantization is None:
            return "its input is constant"
        constants[1] = quantize_weights(bound, recipe, None if bias is None else x.scale)
        if bias is not None:
            constants[2] = _bias(bound, bias, bias_quantization(x, constants[1].type))
    else:
        for position, tensor in enumerate(bound.inputs):
            if tensor is not None and tensor.data is not None and tensor.dtype is DType.FLOAT32:
                constants[position] = _constant(tensor, bound, chosen)
    inputs = tuple(constants[i] if i in constants else _as_int8(t, chosen) for i, t in enumerate(bound.inputs))
    outputs = tuple(_as_int8(t, chosen) for t in bound.outputs)
    try:
        operator.check(replace(bound, inputs=inputs, outputs=tuple(t for t in outputs if t is not None)))
    except UnsupportedError as error:
        return str(error)
    return _Draft(bound.node.inputs, constants)


def _as_int8(tensor: Tensor | None, chosen: Mapping[str, Quantization]) -> Tensor | None:
    if tensor is None or tensor.name not in chosen:
        return tensor
    return Tensor(tensor.name, TensorType(tensor.shape, DType.INT8, chosen[tensor.name]))


def quantize_weights(bound: BoundNode, recipe: Recipe, input_scale: float | None = None) -> Tensor:
    """int8 weights within the recipe's codes for the layer, one scale per output channel (or one for all).

    With the scale of the input, scales are large enough for the bias to stay within `_LARGEST_BIAS`.
    """
    weights = bound.input(1)
    axis = OPS[bound.node.op].weight_axis
    assert weights.data is not None and axis is not None
    bias = bound.optional(2)
    for data, what in ((weights.data, "weights"), (None if bias is None else bias.data, "bias")):
        if data is not None and not np.isfinite(data).all():
            raise QuantizationError(
                f"{bound.node.op} '{bound.name}': {what} hold NaN or infinity. Train the model again with a lower rate."
            )
    others = tuple(i for i in range(weights.data.ndim) if i != axis)
    peak = np.abs(weights.data).max(axis=others)
    if not recipe.per_channel:
        peak = np.full_like(peak, peak.max())
    # an all-zero channel needs some positive scale
    limit = recipe.largest_code(bound.name)
    scale = np.where(peak > 0, peak / np.float32(limit), np.float32(1.0 / limit)).astype(np.float32)
    scale = np.maximum(scale, np.float32(1e-30))
    if input_scale is not None and bias is not None and bias.data is not None:
        smallest = smallest_scales(bias.data, float(input_scale))
        scale = np.maximum(scale, (smallest if recipe.per_channel else smallest.max()).astype(np.float32))
    shape = [1] * weights.data.ndim
    shape[axis] = -1
    codes = np.clip(np.rint(weights.data / scale.reshape(shape)), -limit, limit).astype(np.int8)
    codes.flags.writeable = False
    return Tensor(weights.name, TensorType(weights.shape, DType.INT8, Quantization.per_channel(scale, axis)), codes)


def smallest_scales(bias: Array, input_scale: float) -> Array:
    """The weight scales, float64 (O,), with which a bias (O,) in reals stays within `_LARGEST_BIAS`."""
    return np.asarray(np.abs(bias.astype(np.float64)) / (input_scale * _LARGEST_BIAS))


def bias_quantization(x: TensorType, weights: TensorType) -> Quantization:
    """scale = input scale * weight scale, per channel; the product in float32."""
    assert weights.quantization is not None
    return Quantization.per_channel(np.float32(x.scale) * weights.quantization.scales, 0)


def quantize_bias(bias: Array, quantization: Quantization) -> Array:
    """float32 bias (O,) to int32, rounded half to even, saturated."""
    codes = np.rint(bias.astype(np.float64) / quantization.scales.astype(np.float64))
    return np.clip(codes, *_INT32).astype(np.int32)


def _bias(bound: BoundNode, bias: Tensor, q: Quantization) -> Tensor:
    if bias.data is None:
        raise QuantizationError(f"{bound.node.op} '{bound.name}': the bias must be constant to be quantised.")
    data = quantize_bias(bias.data, q)
    data.flags.writeable = False
    return Tensor(bias.name, TensorType(bias.shape, DType.INT32, q), data)


def _constant(tensor: Tensor, bound: BoundNode, chosen: Mapping[str, Quantization]) -> Tensor:
    """A constant operand of add, mul or concatenation, quantised by its own range (or its tie's)."""
    assert tensor.data is not None
    if OPS[bound.node.op].same_quantization:
        q = chosen[bound.output.name]
    else:
        q = quantization_for(float(tensor.data.min()), float(tensor.data.max()))
    return _codes(tensor, q)


def _codes(tensor: Tensor, q: Quantization) -> Tensor:
    """A float constant in the codes of a per-tensor quantisation."""
    assert tensor.data is not None
    # of a scalar, NumPy makes no array
    codes = np.asarray(np.clip(np.rint(tensor.data / np.float32(q.scale[0])) + q.zero_point[0], -128, 127), np.int8)
    codes.flags.writeable = False
    return Tensor(tensor.name, TensorType(tensor.shape, DType.INT8, q), codes)


def _fresh(name: str, taken: Mapping[str, Tensor]) -> str:
    while name in taken:
        name += "_"
    return name
