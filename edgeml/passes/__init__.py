"""Graph to Graph, one pass a file; CANONICAL is the order."""

from edgeml.passes.numerics import numerics_from, with_numerics
from edgeml.passes.pipeline import CANONICAL, canonicalize, run_passes

__all__ = ["CANONICAL", "canonicalize", "numerics_from", "run_passes", "with_numerics"]
