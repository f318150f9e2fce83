"""The ONNX operators that edgeml reads: (domain, op_type) -> the function that writes it in operators of the IR."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.importers import (
    activation,
    convolution,
    elementwise,
    matmul,
    ml_labels,
    ml_linear,
    ml_svm,
    ml_trees,
    normalization,
    pooling,
    quantized,
    recurrent,
    reduce,
    resize,
    shape,
    transposed,
)

Importer = Callable[[Call], None]

IMPORTERS: Mapping[tuple[str, str], Importer] = MappingProxyType(
    {
        **activation.IMPORTERS,
        **convolution.IMPORTERS,
        **elementwise.IMPORTERS,
        **matmul.IMPORTERS,
        **ml_labels.IMPORTERS,
        **ml_linear.IMPORTERS,
        **ml_svm.IMPORTERS,
        **ml_trees.IMPORTERS,
        **normalization.IMPORTERS,
        **pooling.IMPORTERS,
        **quantized.IMPORTERS,
        **recurrent.IMPORTERS,
        **reduce.IMPORTERS,
        **resize.IMPORTERS,
        **shape.IMPORTERS,
        **transposed.IMPORTERS,
    }
)

__all__ = ["IMPORTERS", "Importer"]
