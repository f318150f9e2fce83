"""Quantise to a budget: the cheapest recipe, layer by layer, that keeps the accuracy on held-out samples."""

from edgeml.search.limits import Limits
from edgeml.search.result import Budgeted, Trial
from edgeml.search.run import quantize_to_budget

__all__ = ["Budgeted", "Limits", "Trial", "quantize_to_budget"]
