"""Builds the quantised graph: types with scales, int8 weights, int32 or (with int16 activations) int64 biases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from edgeml.errors import QuantizationError, UnsupportedError
from edgeml.ir import Array, BoundNode, DType, Graph, Node, Quantization, Tensor, TensorType, verify
from edgeml.ops import OPS
from edgeml.quantize.islands import Islands, Scales
from edgeml.quantize.observers import quantization_for
from edgeml.quantize.recipe import Recipe

# an int64 bias within what a float64 holds exactly, and the accumulator has room for
_LIMITS = {DType.INT32: (-(2**31), 2**31 - 1), DType.INT64: (-(2**42), 2**42)}
_BIAS = {DType.INT8: DType.INT32, DType.INT16: DType.INT64}
# Largest |bias| in steps of the accumulator. A channel that hardly looks at its input has tiny weights, and a bias of
# any number of their steps: larger steps for its weights keep the accumulator in int32 (and, for most layers, below
# 2^23, which the fastest kernels want). The bias alone is then 2^22 steps, far finer than the 255 of the output.
_LARGEST_BIAS = 2**22


def materialize(
    graph: Graph, chosen: Mapping[str, Quantization], recipe: Recipe, wide: Mapping[str, Quantization] | None = None
) -> tuple[Graph, Mapping[str, str]]:
    """Quantised graph with the same names, and the nodes that stay float32 with the reason.

    `chosen` holds the int8 quantisation of every real-valued activation, `wide` the int16 one for recipes that want it.
    An operator without int16 meaning is int8; one without int8 meaning, or one whose constraints these scales break,
    keeps its float32 tensors. Nodes in between change the element type.
    """
    if wide is None and recipe.has_int16:
        raise QuantizationError("quantisation-aware training knows int8 activations only. Leave out int16.")
    scales: Scales = {DType.INT8: chosen, DType.INT16: wide or {}}
    drafts: dict[str, _Draft] = {}
    homes: dict[str, DType] = {}
    for bound in graph.bound():
        draft = _drafted(bound, scales, recipe, homes)
        drafts[bound.name] = draft
        homes.update(dict.fromkeys(bound.node.outputs, draft.kind))
    island = Islands(graph, {name: draft.kind for name, draft in drafts.items()}, scales)
    tensors = island.tensors()
    nodes: list[Node] = []
    for bound in graph.bound():
        draft = drafts[bound.name]
        inputs = list(bound.node.inputs)
        for position, tensor in draft.constants.items():
            # weights used by two nodes get a copy each: their scales are the node's own
            name = _fresh(tensor.name, tensors)
            tensors[name] = replace(tensor, name=name)
            inputs[position] = name
        nodes += island.node(replace(bound.node, inputs=tuple(inputs)), tensors)
    for state in graph.states:
        if state.initial and tensors[state.input].type.has_codes:
            first = graph.tensor(state.initial)
            tensors[first.name] = _codes(first, tensors[state.input].type)
    kept = {name: draft.reason for name, draft in drafts.items() if draft.reason}
    return verify(graph.with_nodes(tuple(nodes), tensors), OPS), kept


@dataclass(frozen=True, eq=False)
class _Draft:
    """A node's element type and its `constants` in it by position; `reason` says why it is float32."""

    kind: DType
    constants: Mapping[int, Tensor]
    reason: str = ""


def _drafted(bound: BoundNode, scales: Scales, recipe: Recipe, homes: Mapping[str, DType]) -> _Draft:
    """The node in int16 where the recipe wants that and it can, else in int8, else in float32.

    `homes` are the element types of the values before it: what has no weights goes on in int16.
    """
    reals = [t.name for t in bound.inputs if t is not None and not t.is_constant and t.dtype is DType.FLOAT32]
    follows = OPS[bound.node.op].weight_axis is None and all(homes.get(n) is DType.INT16 for n in reals) and bool(reals)
    if scales[DType.INT16] and recipe.is_int16(bound.name, follows):
        draft = _quantized_node(bound, DType.INT16, scales[DType.INT16], recipe)
        if not isinstance(draft, str):
            return draft
    draft = _quantized_node(bound, DType.INT8, scales[DType.INT8], recipe)
    return _Draft(DType.FLOAT32, {}, draft) if isinstance(draft, str) else draft


def _quantized_node(bound: BoundNode, kind: DType, chosen: Mapping[str, Quantization], recipe: Recipe) -> _Draft | str:
    """The node in int8 or int16, or the reason why it cannot be."""
    operator = OPS[bound.node.op]
    reals = [t for t in (*bound.inputs, *bound.outputs) if t is not None and t.dtype is DType.FLOAT32]
    if not reals:
        return _Draft(kind, {})  # integers only: nothing to quantise
    if kind not in operator.dtypes:
        return f"{operator.name} has no {kind.value} meaning"
    constants: dict[int, Tensor] = {}
    if operator.weight_axis is not None and bound.input(1).data is not None:
        x = TensorType(bound.input(0).shape, kind, chosen.get(bound.input(0).name))
        bias = bound.optional(2)
        if bias is not None and x.quantization is None:
            return "its input is constant"
        constants[1] = quantize_weights(bound, recipe, None if bias is None else bias_step(x))
        if bias is not None:
            constants[2] = _bias(bound, bias, bias_quantization(x, constants[1].type), kind)
    else:
        for position, tensor in enumerate(bound.inputs):
            if tensor is not None and tensor.data is not None and tensor.dtype is DType.FLOAT32:
                constants[position] = _constant(tensor, bound, kind, chosen)
    inputs = tuple(constants[i] if i in constants else _as_codes(t, kind, chosen) for i, t in enumerate(bound.inputs))
    outputs = tuple(_as_codes(t, kind, chosen) for t in bound.outputs)
    try:
        operator.check(replace(bound, inputs=inputs, outputs=tuple(t for t in outputs if t is not None)))
    except UnsupportedError as error:
        return str(error)
    return _Draft(kind, constants)


def _as_codes(tensor: Tensor | None, kind: DType, chosen: Mapping[str, Quantization]) -> Tensor | None:
    if tensor is None or tensor.name not in chosen:
        return tensor
    return Tensor(tensor.name, TensorType(tensor.shape, kind, chosen[tensor.name]))


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


def bias_step(x: TensorType) -> float:
    """Scale of a weighted node's input for `smallest_scales`: int16 sums hold 256 times as many steps."""
    return float(x.scale) * (256 if x.dtype is DType.INT16 else 1)


def bias_kind(bound: BoundNode) -> DType:
    """Element type of a weighted node's bias."""
    return _BIAS[bound.output.dtype]


def quantize_bias(bias: Array, quantization: Quantization, kind: DType = DType.INT32) -> Array:
    """float32 bias (O,) to int32 or int64, rounded half to even, saturated."""
    codes = np.rint(bias.astype(np.float64) / quantization.scales.astype(np.float64))
    return np.clip(codes, *_LIMITS[kind]).astype(kind.numpy)


def _bias(bound: BoundNode, bias: Tensor, q: Quantization, kind: DType) -> Tensor:
    if bias.data is None:
        raise QuantizationError(f"{bound.node.op} '{bound.name}': the bias must be constant to be quantised.")
    data = quantize_bias(bias.data, q, _BIAS[kind])
    data.flags.writeable = False
    return Tensor(bias.name, TensorType(bias.shape, _BIAS[kind], q), data)


def _constant(tensor: Tensor, bound: BoundNode, kind: DType, chosen: Mapping[str, Quantization]) -> Tensor:
    """A constant operand of add, mul or concatenation, quantised by its own range (or its tie's)."""
    assert tensor.data is not None
    if OPS[bound.node.op].same_quantization:
        q = chosen[bound.output.name]
    else:
        q = quantization_for(float(tensor.data.min()), float(tensor.data.max()), kind)
    return _codes(tensor, TensorType(tensor.shape, kind, q))


def _codes(tensor: Tensor, type_: TensorType) -> Tensor:
    """A float constant in the codes of a per-tensor quantisation."""
    assert tensor.data is not None
    # of a scalar, NumPy makes no array
    codes = np.clip(np.rint(tensor.data / np.float32(type_.scale)) + type_.zero_point, *type_.code_range)
    codes = np.asarray(codes, type_.dtype.numpy)
    codes.flags.writeable = False
    return Tensor(tensor.name, type_, codes)


def _fresh(name: str, taken: Mapping[str, Tensor]) -> str:
    while name in taken:
        name += "_"
    return name
