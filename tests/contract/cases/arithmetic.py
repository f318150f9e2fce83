"""Operators on elements: of one operand, of two with broadcasting, comparisons and choice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from edgeml.ir import Attributes, DType, Graph, Quantization
from edgeml.ops import OPS
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.gelu import GeluAttrs
from edgeml.ops.leaky_relu import LeakyReluAttrs
from tests.contract.cases.draft import Draft, Rng, confine, integers, random_shape
from tests.contract.cases.int16 import computes_int16

Case = Callable[[Rng, bool], Graph]

UNARY = (
    "relu", "relu6", "relu_n1_to_1", "tanh", "logistic", "elu", "hard_swish", "softplus", "abs", "neg", "sign", "exp",
    "log", "sqrt", "rsqrt", "sin", "cos", "erf", "floor", "ceil", "round", "logical_not",
)  # fmt: skip
ACTIVATED = ("add", "sub", "mul", "div")
PLAIN = ("floor_div", "floor_mod", "pow", "squared_difference", "minimum", "maximum", "prelu")
COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")
LOGICAL = ("logical_and", "logical_or")
ONE_QUANTIZATION = ("minimum", "maximum", "select_v2")


def _dtype(rng: Rng, int8: bool, op: str) -> DType:
    """int8, or one of the operator's other operand types, mostly float32."""
    if int8:
        return DType.INT8
    codes = (DType.INT8, DType.INT16) if computes_int16(OPS[op]) else (DType.INT8,)
    others = [d for d in OPS[op].dtypes if d not in (*codes, DType.FLOAT32)]
    if DType.FLOAT32 in OPS[op].dtypes and rng.random() < 0.7:
        return DType.FLOAT32
    return others[int(rng.integers(len(others)))] if others else DType.FLOAT32


def _operand(d: Draft, op: str, index: int, shape: tuple[int, ...], dtype: DType, q: Quantization) -> str:
    """An input of the graph or a constant."""
    if d.rng.random() < 0.6 or index == 0:
        name = f"x{index}"
        return d.builder.input(name, shape, dtype, q if dtype is DType.INT8 else None)
    if dtype in (DType.INT8, DType.FLOAT32):
        return (
            d.constant(shape, q)
            if dtype is DType.INT8
            else d.builder.constant(f"c{index}", confine(op, index, d.rng.normal(size=shape).astype(np.float32)))
        )
    return d.builder.constant(f"c{index}", confine(op, index, integers(d.rng, shape, dtype)))


def _other_shape(rng: Rng, shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape that broadcasts to `shape`: fewer dimensions, or some of size 1."""
    kind = rng.random()
    if kind < 0.2:
        return shape[-1:]
    if kind < 0.4:
        return tuple(1 if rng.random() < 0.5 else n for n in shape)
    return (1,) if kind < 0.5 else shape


def _binary(rng: Rng, int8: bool, op: str) -> Graph:
    d = Draft(rng, int8)
    dtype = _dtype(rng, int8, op)
    shape = random_shape(rng)
    other = _other_shape(rng, shape)
    qa = d.quantization()
    qb = qa if op in ONE_QUANTIZATION else d.near(qa) if op in NEAR_SCALES else d.quantization()
    out: Quantization | None
    if op in ONE_QUANTIZATION:
        out = qa
    elif op == "squared_difference":
        out = d.near(Quantization.per_tensor(max(qa.scale[0], qb.scale[0]) ** 2 * 100, 0), 0.7)
    elif op == "prelu":
        out = d.near(qa, 0.7)
    elif op in ("add", "sub"):
        out = d.near(Quantization.per_tensor(max(qa.scale[0], qb.scale[0]), 0), 0.7)
    else:
        out = d.near(Quantization.per_tensor(qa.scale[0] * qb.scale[0] * 64, 0), 0.7)
    a = _operand(d, op, 0, shape, dtype, qa)
    if rng.random() < 0.1 and op != "prelu":
        b = a
        out = d.near(Quantization.per_tensor(qa.scale[0] ** 2 * 64, 0), 0.7) if op == "mul" else out
    else:
        b = _operand(d, op, 1, other, dtype, qb)
    operands = [a, b] if rng.random() < 0.5 or op == "prelu" or op in POSITIONAL else [b, a]
    attrs = BinaryAttrs(d.activation()) if op in ACTIVATED else Attributes()
    return d.build(op, operands, attrs, out if int8 and op not in COMPARISONS else None)


NEAR_SCALES = ("add", "sub", "squared_difference", *COMPARISONS)
# operators whose second operand has another domain than the first
POSITIONAL = ("div", "floor_div", "floor_mod", "pow")


def _unary(rng: Rng, int8: bool, op: str) -> Graph:
    d = Draft(rng, int8)
    dtype = _dtype(rng, int8, op)
    q = d.quantization()
    if op in ("sqrt", "rsqrt"):
        # LiteRT refuses to run where a value is negative
        q = Quantization.per_tensor(q.scale[0], -128)
    fixed = OPS[op].fixed_output
    out = Quantization.per_tensor(*fixed) if fixed else q if rng.random() < 0.3 else d.near(q)
    attrs: Attributes = Attributes()
    if op == "leaky_relu":
        attrs = LeakyReluAttrs(float(np.float32(rng.choice([0.01, 0.1, 0.2, 0.3, 1.5, -0.25]))))
    if op == "gelu":
        attrs = GeluAttrs(bool(rng.random() < 0.5))
    x = d.builder.input("x0", random_shape(rng), dtype, q if int8 else None)
    return d.build(op, [x], attrs, out if int8 else None)


def _log_softmax(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    shape = (*random_shape(rng, 1, 3), int(rng.choice([1, 2, 3, 10, 12, 17, 64, 100])))
    x = d.input(shape, d.quantization(1e-3, 1.0))
    return d.build("log_softmax", [x], Attributes(), Quantization.per_tensor(1 / 16, 127) if int8 else None)


def _select(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    dtype = _dtype(rng, int8, "select_v2")
    shape = random_shape(rng)
    q = d.quantization()
    shapes = [shape, *(_other_shape(rng, shape) for _ in range(2))]
    order = rng.permutation(3)
    condition = d.builder.input("condition", shapes[order[0]], DType.BOOL)
    a, b = (_operand(d, "select_v2", i, shapes[order[i]], dtype, q) for i in (1, 2))
    return d.build("select_v2", [condition, a, b], Attributes(), q if int8 else None)


CASES: Mapping[str, Case] = {
    **{op: partial(_unary, op=op) for op in (*UNARY, "leaky_relu", "gelu")},
    **{op: partial(_binary, op=op) for op in (*ACTIVATED, *PLAIN, *COMPARISONS, *LOGICAL)},
    "log_softmax": _log_softmax,
    "select_v2": _select,
}
