"""The .tflite format: bytes to plain records and back."""

from edgeml.formats.litert.reader import read
from edgeml.formats.litert.records import OperatorRecord, SubgraphRecord, TensorRecord, TfliteModel
from edgeml.formats.litert.writer import write

__all__ = ["OperatorRecord", "SubgraphRecord", "TensorRecord", "TfliteModel", "read", "write"]
