"""The .tflite format: bytes to plain records and back."""

from edgeml.formats.litert.reader import read
from edgeml.formats.litert.records import OperatorRecord, TensorRecord, TfliteModel
from edgeml.formats.litert.writer import write

__all__ = ["OperatorRecord", "TensorRecord", "TfliteModel", "read", "write"]
