"""Placement of buffers in one arena: what must not overlap, the search, its lower bound, the order of operators."""

from edgeml.backends.c99.planner.problem import Buffer, Problem, Relation
from edgeml.backends.c99.planner.search import Placement, place

__all__ = ["Buffer", "Placement", "Problem", "Relation", "place"]
