"""Which weights go: magnitude masks, schedules, and pruning of a bare graph."""

from edgeml.prune.graph import prunable_weights, prune_graph
from edgeml.prune.magnitude import magnitude_masks
from edgeml.prune.report import LayerSparsity, sparsity_report, total_sparsity
from edgeml.prune.schedule import polynomial_sparsity

__all__ = [
    "LayerSparsity",
    "magnitude_masks",
    "polynomial_sparsity",
    "prunable_weights",
    "prune_graph",
    "sparsity_report",
    "total_sparsity",
]
