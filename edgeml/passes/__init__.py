"""Graph to Graph, one pass a file; CANONICAL is the order."""

from edgeml.passes.pipeline import CANONICAL, canonicalize, run_passes

__all__ = ["CANONICAL", "canonicalize", "run_passes"]
