"""Pruning of a bare float graph, without training data."""

from __future__ import annotations

from dataclasses import replace

from edgeml.errors import UnsupportedError
from edgeml.ir import DType, Graph, Tensor
from edgeml.prune.magnitude import Scope, magnitude_masks

# depthwise weights are few and each one matters: they stay dense
PRUNABLE = ("conv_2d", "fully_connected")


def prune_graph(graph: Graph, sparsity: float, scope: Scope = "global") -> Graph:
    """Zero the share `sparsity` (0 <= s < 1) of the weights of convolutions and dense layers by magnitude.

    Biases and depthwise weights stay. Raises UnsupportedError on graphs without float32 weights.
    """
    weights = prunable_weights(graph)
    if not weights:
        raise UnsupportedError(
            f"graph '{graph.name}': has no float32 weights of {' or '.join(PRUNABLE)} to prune. Prune the float model "
            "before it is quantised."
        )
    data = {name: t.data for name, t in weights.items() if t.data is not None}
    masks = magnitude_masks(data, sparsity, scope)
    changed = {}
    for name, tensor in weights.items():
        pruned = data[name] * masks[name]
        pruned.flags.writeable = False
        changed[name] = replace(tensor, data=pruned)
    return graph.with_tensors(changed)


def prunable_weights(graph: Graph) -> dict[str, Tensor]:
    """Constant float32 weights of prunable operators by name, in graph order."""
    found = {}
    for bound in graph.bound():
        if bound.node.op in PRUNABLE:
            tensor = bound.input(1)
            if tensor.is_constant and tensor.dtype is DType.FLOAT32:
                found[tensor.name] = tensor
    return found
