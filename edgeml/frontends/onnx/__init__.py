"""ONNX files to a Graph."""

from edgeml.frontends.onnx.reader import LABELS_METADATA, from_onnx

__all__ = ["LABELS_METADATA", "from_onnx"]
