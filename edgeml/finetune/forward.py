"""A graph as a function of its parameters: in float32, or as the int8 graph that quantising them gives."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from edgeml.finetune import fake_quant
from edgeml.finetune.fake_quant import Codes, Grid
from edgeml.finetune.functions import evaluate
from edgeml.ir import Array, BoundNode, Graph
from edgeml.ops import OPS

Parameters = Mapping[str, Any]
Grids = Mapping[str, Grid]
# the largest code of int8 weights
LIMIT = 127


def trainable(graph: Graph) -> dict[str, Array]:
    """Weights and biases of the nodes that have some, by the tensors' names, in the order of the nodes."""
    found: dict[str, Array] = {}
    for bound in graph.bound():
        if OPS[bound.node.op].weight_axis is None:
            continue
        for tensor in bound.inputs[1:]:
            if tensor is not None and tensor.data is not None:
                found[tensor.name] = tensor.data
    return found


def run_float(graph: Graph, parameters: Parameters, x: Any, output: str) -> Any:
    """The tensor `output` for inputs x (N, …), a JAX array."""
    values: dict[str, Any] = {graph.inputs[0]: x}
    for bound in graph.bound():
        if output in values:
            break
        values[bound.output.name] = evaluate(bound, *_arguments(bound, values, parameters))
    return values[output]


def run_int8(
    graph: Graph,
    parameters: Parameters,
    grids: Grids,
    x: Any,
    output: str,
    limits: Mapping[str, int] = MappingProxyType({}),
) -> Any:
    """The real values of `output` in the int8 graph whose activations lie on `grids`.

    `limits` gives the largest weight code of nodes, by name, where it is not 127.
    """
    name = graph.inputs[0]
    values: dict[str, Any] = {name: fake_quant.quantized(x, grids[name]) if name in grids else x}
    for bound in graph.bound():
        if output in values:
            break
        values[bound.output.name] = _int8_node(
            bound, _arguments(bound, values, parameters), grids, limits.get(bound.name, LIMIT)
        )
    result = values[output]
    return result.real if isinstance(result, Codes) else result


def _int8_node(bound: BoundNode, inputs: list[Any], grids: Grids, limit: int) -> Any:
    grid, op = grids.get(bound.output.name), bound.node.op
    codes = [v for v in inputs[:2] if isinstance(v, Codes)]
    if grid is None or not codes:
        return fake_quant.other(bound, inputs, grid)
    if OPS[op].weight_axis is not None:
        b = inputs[2] if len(inputs) > 2 else None
        return fake_quant.weighted(bound, codes[0], inputs[1], b, grid, limit)
    if op in ("add", "sub") and len(codes) == 2:
        return fake_quant.added(bound, codes[0], codes[1], 1 if op == "add" else -1, grid)
    if op == "average_pool_2d":
        return fake_quant.pooled(bound, codes[0])
    return fake_quant.other(bound, inputs, grid)


def _arguments(bound: BoundNode, values: Mapping[str, Any], parameters: Parameters) -> list[Any]:
    found: list[Any] = []
    for tensor in bound.inputs:
        if tensor is None:
            found.append(None)
        elif tensor.is_constant:
            found.append(parameters.get(tensor.name, tensor.data))
        else:
            found.append(values[tensor.name])
    return found
