"""edgeml: an edge-deployment model compiler."""

__version__ = "0.1.0"
