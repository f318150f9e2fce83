"""Builds the int8 graph: types with scales, int8 weights, int32 biases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from edgeml.errors import QuantizationError
from edgeml.ir import Array, BoundNode, DType, Graph, Quantization, Tensor, TensorType, verify
from edgeml.ops import OPS
from edgeml.quantize.observers import quantization_for
from edgeml.quantize.recipe import Recipe

_INT32 = (-(2**31), 2**31 - 1)


def materialize(graph: Graph, chosen: Mapping[str, Quantization], recipe: Recipe) -> Graph:
    """int8 graph with the same names; `chosen` holds the quantisation of every activation."""
    tensors = {n: _activation(graph.tensor(n), q) for n, q in chosen.items()}
    nodes = []
    for bound in graph.bound():
        node = bound.node
        if OPS[node.op].weight_axis is not None:
            weights = quantize_weights(bound, recipe)
            # weights used by two nodes get a copy each: their scales are the node's own
            w_name = _fresh(weights.name, tensors)
            tensors[w_name] = replace(weights, name=w_name)
            inputs = [node.inputs[0], w_name]
            bias = bound.optional(2)
            if bias is not None:
                b_name = _fresh(bias.name, tensors)
                q = bias_quantization(tensors[node.inputs[0]].type, weights.type)
                tensors[b_name] = _bias(bound, b_name, bias, q)
                inputs.append(b_name)
            node = replace(node, inputs=tuple(inputs))
        else:
            for tensor in bound.inputs:
                if tensor is not None and tensor.data is not None and tensor.dtype is DType.FLOAT32:
                    tensors[tensor.name] = _constant(tensor, bound, chosen)
        nodes.append(node)
    for state in graph.states:
        if state.initial:
            first = graph.tensor(state.initial)
            assert first.data is not None
            tensors[first.name] = _codes(first, chosen[state.input])
    return verify(graph.with_nodes(tuple(nodes), tensors), OPS)


def quantize_weights(bound: BoundNode, recipe: Recipe) -> Tensor:
    """int8 weights in -127..127, one scale per output channel (or one for all)."""
    weights = bound.input(1)
    axis = OPS[bound.node.op].weight_axis
    assert weights.data is not None and axis is not None
    if not np.isfinite(weights.data).all():
        raise QuantizationError(
            f"{bound.node.op} '{bound.name}': weights hold NaN or infinity. Train the model again with a lower rate."
        )
    others = tuple(i for i in range(weights.data.ndim) if i != axis)
    peak = np.abs(weights.data).max(axis=others)
    if not recipe.per_channel:
        peak = np.full_like(peak, peak.max())
    # an all-zero channel needs some positive scale
    scale = np.where(peak > 0, peak / np.float32(127.0), np.float32(1.0 / 127.0)).astype(np.float32)
    scale = np.maximum(scale, np.float32(1e-30))
    shape = [1] * weights.data.ndim
    shape[axis] = -1
    codes = np.clip(np.rint(weights.data / scale.reshape(shape)), -127, 127).astype(np.int8)
    codes.flags.writeable = False
    return Tensor(weights.name, TensorType(weights.shape, DType.INT8, Quantization.per_channel(scale, axis)), codes)


def bias_quantization(x: TensorType, weights: TensorType) -> Quantization:
    """scale = input scale * weight scale, per channel; the product in float32."""
    assert weights.quantization is not None
    return Quantization.per_channel(np.float32(x.scale) * weights.quantization.scales, 0)


def quantize_bias(bias: Array, quantization: Quantization) -> Array:
    """float32 bias (O,) to int32, rounded half to even, saturated."""
    codes = np.rint(bias.astype(np.float64) / quantization.scales.astype(np.float64))
    return np.clip(codes, *_INT32).astype(np.int32)


def _bias(bound: BoundNode, name: str, bias: Tensor, q: Quantization) -> Tensor:
    if bias.data is None:
        raise QuantizationError(f"{bound.node.op} '{bound.name}': the bias must be constant to be quantised.")
    data = quantize_bias(bias.data, q)
    data.flags.writeable = False
    return Tensor(name, TensorType(bias.shape, DType.INT32, q), data)


def _activation(tensor: Tensor, quantization: Quantization) -> Tensor:
    if tensor.dtype is not DType.FLOAT32:
        raise QuantizationError(
            f"tensor '{tensor.name}' is {tensor.dtype.value}; only float32 graphs are quantised. Load the float model."
        )
    return Tensor(tensor.name, TensorType(tensor.shape, DType.INT8, quantization))


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
    codes = np.clip(np.rint(tensor.data / np.float32(q.scale[0])) + q.zero_point[0], -128, 127).astype(np.int8)
    codes.flags.writeable = False
    return Tensor(tensor.name, TensorType(tensor.shape, DType.INT8, q), codes)


def _fresh(name: str, taken: Mapping[str, Tensor]) -> str:
    while name in taken:
        name += "_"
    return name
