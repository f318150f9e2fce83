"""edgeml: an edge-deployment model compiler.

Prunes, quantises to int8 and exports a model to LiteRT, ONNX and dependency-free C, and measures what it cost.
Importing it needs NumPy only; frameworks are imported by the functions that need them.
"""

from edgeml.api import bench, compile, prune, quantize, quantize_aware, quantize_to_budget, report, validate
from edgeml.errors import EdgeMLError
from edgeml.finetune.quantized import AwareConfig, AwareResult
from edgeml.frontends import load
from edgeml.ir import Graph
from edgeml.quantize.quantizer import QuantizeResult
from edgeml.quantize.recipe import Recipe

__version__ = "0.1.0"

__all__ = [  # noqa: RUF022 - grouped by what they are for
    # models in
    "Graph",
    "load",
    # float to int8
    "AwareConfig",
    "AwareResult",
    "QuantizeResult",
    "Recipe",
    "prune",
    "quantize",
    "quantize_aware",
    "quantize_to_budget",
    # out
    "bench",
    "compile",
    "report",
    "validate",
    # errors
    "EdgeMLError",
]
