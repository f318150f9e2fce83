"""Softmax, and changes of quantisation."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from edgeml.ir import Attributes, Graph, Quantization
from edgeml.ops.softmax import SoftmaxAttrs
from tests.contract.cases.draft import Draft, Rng, random_shape

Case = Callable[[Rng, bool], Graph]


def softmax(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = (*random_shape(rng, 1, 3), int(rng.choice([1, 2, 3, 10, 12, 17, 64, 100])))
    x = d.input(shape, d.quantization(1e-3, 1.0))
    beta = 1.0 if rng.random() < 0.7 else float(np.float32(rng.uniform(0.1, 3)))
    return d.build("softmax", [x], SoftmaxAttrs(beta), Quantization.per_tensor(1 / 256, -128) if int8 else None)


def quantize(rng: Rng, int8: bool) -> Graph:
    """`int8`: from int8 to int8, else from float32."""
    d = Draft(rng, int8)
    q = d.quantization()
    return d.build("quantize", [d.input(random_shape(rng), q)], Attributes(), d.near(q))


def dequantize(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, True)
    return d.build("dequantize", [d.input(random_shape(rng))], Attributes(), None)


CASES: Mapping[str, Case] = {
    "softmax": softmax,
    "quantize": quantize,
    "dequantize": dequantize,
}
