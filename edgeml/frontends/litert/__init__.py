"""A .tflite file as a Graph: 1:1 operators spell themselves in `ops/`, n:m patterns are rewrites here."""

from edgeml.frontends.litert.reader import LABELS_METADATA, from_litert

__all__ = ["LABELS_METADATA", "from_litert"]
