"""Pruning of a bare float graph, without training data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from edgeml.errors import UnsupportedError, UsageError
from edgeml.ir import Array, DType, Graph, Tensor
from edgeml.prune.magnitude import magnitude_scores
from edgeml.prune.patterns import ELEMENT, Mask, Pattern, Scope, pattern_masks

# depthwise weights are few and each one matters: they stay dense
PRUNABLE = ("conv_2d", "fully_connected")


def prune_graph(graph: Graph, sparsity: float, scope: Scope = "global", pattern: Pattern = ELEMENT) -> Graph:
    """Zero the share `sparsity` (0 <= s < 1) of the weights of convolutions and dense layers by magnitude.

    Biases and depthwise weights stay. Raises UnsupportedError on graphs without float32 weights.
    """
    scores = {name: magnitude_scores(data) for name, data in prunable_data(graph).items()}
    return masked(graph, pattern_masks(scores, sparsity, pattern, scope))


def masked(graph: Graph, masks: Mapping[str, Mask]) -> Graph:
    """The graph with zeros where the mask of a tensor, by its name, is False."""
    changed = {}
    for name, mask in masks.items():
        tensor = graph.tensor(name)
        assert tensor.data is not None
        pruned = tensor.data * mask
        pruned.flags.writeable = False
        changed[name] = replace(tensor, data=pruned)
    return graph.with_tensors(changed)


def prunable_data(graph: Graph, dense: Sequence[str] = ()) -> dict[str, Array]:
    """Weights that pruning may touch, by tensor name; none of nodes named in `dense`.

    Raises UnsupportedError where there are none, UsageError for a name that is no such node.
    """
    names = {b.name for b in graph.bound() if b.node.op in PRUNABLE}
    unknown = [name for name in dense if name not in names]
    if unknown:
        raise UsageError(
            f"graph '{graph.name}': no {' or '.join(PRUNABLE)} is named '{unknown[0]}', which shall stay dense. "
            f"Choose from {', '.join(sorted(names)) or 'none'}."
        )
    kept = {b.input(1).name for b in graph.bound() if b.name in dense}
    found = {n: t.data for n, t in prunable_weights(graph).items() if t.data is not None and n not in kept}
    if not found:
        raise UnsupportedError(
            f"graph '{graph.name}': has no float32 weights of {' or '.join(PRUNABLE)} to prune. Prune the float model "
            "before it is quantised."
        )
    return found


def prunable_weights(graph: Graph) -> dict[str, Tensor]:
    """Constant float32 weights of prunable operators by name, in graph order."""
    found = {}
    for bound in graph.bound():
        if bound.node.op in PRUNABLE:
            tensor = bound.input(1)
            if tensor.is_constant and tensor.dtype is DType.FLOAT32:
                found[tensor.name] = tensor
    return found
