"""ONNX files as plain records."""

from edgeml.formats.onnx.reader import read, read_function
from edgeml.formats.onnx.records import (
    AttributeValue,
    FunctionRecord,
    GraphRecord,
    NodeRecord,
    OnnxModel,
    Reference,
    ValueRecord,
)

__all__ = [
    "AttributeValue",
    "FunctionRecord",
    "GraphRecord",
    "NodeRecord",
    "OnnxModel",
    "Reference",
    "ValueRecord",
    "read",
    "read_function",
]
