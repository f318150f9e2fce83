"""Models and compiled libraries as plain figures."""

from edgeml.inspection.compiled import CompiledSummary, Image, find_compiled, summarize_compiled
from edgeml.inspection.model import ModelSummary, NodeSummary, TensorSummary, format_quantization, summarize

__all__ = [
    "CompiledSummary",
    "Image",
    "ModelSummary",
    "NodeSummary",
    "TensorSummary",
    "find_compiled",
    "format_quantization",
    "summarize",
    "summarize_compiled",
]
