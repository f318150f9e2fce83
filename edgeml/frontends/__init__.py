"""Records or framework objects to a Graph."""

from edgeml.frontends.load import load

__all__ = ["load"]
