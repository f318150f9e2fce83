"""Elementwise operators and softmax."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from edgeml.ir import Attributes, Graph, Quantization
from edgeml.ops import OPS
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.softmax import SoftmaxAttrs
from tests.contract.cases.draft import Draft, Rng, random_shape

Case = Callable[[Rng, bool], Graph]


def _binary(rng: Rng, int8: bool, op: str) -> Graph:
    d = Draft(rng, int8)
    shape = random_shape(rng)
    other = shape
    kind = rng.random()
    if kind < 0.2:
        other = shape[-1:]
    elif kind < 0.4:
        other = tuple(1 if rng.random() < 0.5 else n for n in shape)
    elif kind < 0.5:
        other = (1,)
    qa = d.quantization()
    qb = d.near(qa) if op == "add" else d.quantization()
    if op == "add":
        out = d.near(Quantization.per_tensor(max(qa.scale[0], qb.scale[0]), 0), 0.7)
    else:
        out = d.near(Quantization.per_tensor(qa.scale[0] * qb.scale[0] * 64, 0), 0.7)
    a = d.input(shape, qa)
    if rng.random() < 0.1:
        b = a
        out = d.near(Quantization.per_tensor(qa.scale[0] ** 2 * 64, 0), 0.7) if op == "mul" else out
    else:
        b = d.constant(other, qb) if rng.random() < 0.4 else d.input(other, qb)
    operands = [a, b] if rng.random() < 0.5 else [b, a]
    return d.build(op, operands, BinaryAttrs(d.activation()), out if int8 else None)


def add(rng: Rng, int8: bool) -> Graph:
    return _binary(rng, int8, "add")


def mul(rng: Rng, int8: bool) -> Graph:
    return _binary(rng, int8, "mul")


def _unary(rng: Rng, int8: bool, op: str) -> Graph:
    d = Draft(rng, int8)
    q = d.quantization()
    x = d.input(random_shape(rng), q)
    fixed = OPS[op].fixed_output
    out = Quantization.per_tensor(*fixed) if fixed else q if rng.random() < 0.3 else d.near(q)
    return d.build(op, [x], Attributes(), out if int8 else None)


def relu(rng: Rng, int8: bool) -> Graph:
    return _unary(rng, int8, "relu")


def relu6(rng: Rng, int8: bool) -> Graph:
    return _unary(rng, int8, "relu6")


def tanh(rng: Rng, int8: bool) -> Graph:
    return _unary(rng, int8, "tanh")


def logistic(rng: Rng, int8: bool) -> Graph:
    return _unary(rng, int8, "logistic")


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
    "add": add,
    "mul": mul,
    "relu": relu,
    "relu6": relu6,
    "tanh": tanh,
    "logistic": logistic,
    "softmax": softmax,
    "quantize": quantize,
    "dequantize": dequantize,
}
