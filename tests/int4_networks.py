"""Networks whose weights need four bits, but those of the first and last layer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from edgeml.ir import Array, Graph, Quantization, Tensor
from edgeml.ops.weight_bits import weight_bits
from edgeml.quantize.materialize import bias_quantization

_COARSER = 127 / 7


def with_few_bits(graph: Graph) -> Graph:
    """int8 `graph` with codes of -7..7, nearest to its weights, in all layers with weights but the first and last."""
    changed = {}
    for bound in [b for b in graph.bound() if weight_bits(b)][1:-1]:
        w, bias = bound.input(1), bound.optional(2)
        assert w.data is not None and w.quantization is not None
        q = replace(w.quantization, scale=tuple(float(np.float32(s * _COARSER)) for s in w.quantization.scale))
        changed[w.name] = _coarser(w, q)
        if bias is not None:
            changed[bias.name] = _coarser(bias, bias_quantization(bound.input(0).type, changed[w.name].type))
    return graph.with_tensors(changed)


def _coarser(tensor: Tensor, q: Quantization) -> Tensor:
    assert tensor.data is not None
    data = np.rint(tensor.data / _COARSER).astype(tensor.data.dtype)
    data.flags.writeable = False
    return Tensor(tensor.name, replace(tensor.type, quantization=q), data)


def bits(graph: Graph) -> list[int]:
    """Bits of the layers with int8 weights, in order."""
    return [weight_bits(b) for b in graph.bound() if weight_bits(b)]


def any_input(graph: Graph, count: int) -> Array:
    """int8 samples over the whole range."""
    shape = (count, *graph.input_tensors[0].shape[1:])
    return np.random.default_rng(5).integers(-128, 128, shape).astype(np.int8)
