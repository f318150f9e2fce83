"""Operators with a memory; their states are those of the graph, and "y" is the only output."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from edgeml.ir import Array, DType, Graph, Quantization
from edgeml.ops.common import Activation
from edgeml.ops.gru import GruAttrs
from edgeml.ops.svdf import SvdfAttrs
from edgeml.ops.unidirectional_sequence_lstm import LstmAttrs
from tests.contract.cases.draft import Draft, Rng

Case = Callable[[Rng, bool], Graph]
Q = Quantization.per_tensor


def _scale(rng: Rng, low: float, high: float) -> float:
    return float(np.float32(np.exp(rng.uniform(np.log(low), np.log(high)))))


def _floats(rng: Rng, *shape: int, spread: float = 0.3) -> Array:
    return (rng.normal(size=shape) * spread).astype(np.float32)


def svdf(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    b = d.builder
    rank, memory, size, batch = (int(rng.integers(1, n)) for n in (4, 8, 12, 3))
    units = int(rng.integers(1, 6))
    filters = units * rank
    x = d.input((batch, size))
    if not int8:
        feature, time = (b.constant(n, _floats(rng, filters, s)) for n, s in (("feature", size), ("time", memory)))
        bias = b.constant("bias", _floats(rng, units)) if rng.random() < 0.7 else ""
        state = b.state("state", (batch, filters * memory))
        attrs = SvdfAttrs(rank, d.activation())
        y, new = b.add_many("svdf", [x, feature, time, bias, state], attrs, name="y", outputs=("y", "next"))
    else:
        scales = [_scale(rng, *r) for r in ((1e-3, 0.05), (1e-6, 1e-4), (1e-4, 1e-2), (1e-2, 1.0))]
        codes = rng.integers(-127, 128, (filters, size)).astype(np.int8)
        feature = b.constant("feature", codes, Q(scales[0], 0))
        wide = rng.integers(-32767, 32768, (filters, memory)).astype(np.int16)
        time = b.constant("time", wide, Q(scales[1], 0))
        addend = rng.integers(-20000, 20000, units).astype(np.int32)
        bias = b.constant("bias", addend, Q(scales[1] * scales[2], 0)) if rng.random() < 0.7 else ""
        state = b.state("state", (batch, filters * memory), DType.INT16, Q(scales[2], 0))
        out = Q(scales[3], int(rng.integers(-128, 128)))
        y, new = b.add_many(
            "svdf",
            [x, feature, time, bias, state],
            SvdfAttrs(rank, Activation.RELU),
            name="y",
            outputs=("y", "next"),
            quantization=[out, Q(scales[2], 0)],
        )
    b.next_state(state, new)
    return b.build([y])


def unidirectional_sequence_lstm(rng: Rng, int8: bool) -> Graph:
    d = Draft(rng, int8)
    b = d.builder
    batch, steps, size, units = (int(rng.integers(1, n)) for n in (4, 6, 9, 9))
    time_major = bool(rng.random() < 0.3)
    clip = float(rng.choice([0.0, 0.0, 0.5, 3.0]))
    shape = (steps, batch, size) if time_major else (batch, steps, size)
    absent = ["", "", ""]
    if not int8:
        x = d.input(shape)
        weights = [b.constant(f"w{g}", _floats(rng, units, size)) for g in "ifgo"]
        recurrent = [b.constant(f"r{g}", _floats(rng, units, units)) for g in "ifgo"]
        biases = [b.constant(f"b{g}", _floats(rng, units)) for g in "ifgo"]
        states = [b.state(n, (batch, units)) for n in "hc"]
        types: list[Quantization | None] = [None, None, None]
        attrs = LstmAttrs(time_major)
    else:
        qx, qh = Q(_scale(rng, 5e-3, 0.05), int(rng.integers(-128, 128))), d.quantization(3e-3, 1e-2)
        cell = Q(2.0 ** int(rng.integers(-15, -8)), 0)
        x = d.input(shape, qx)

        def codes(name: str, *shape: int) -> str:
            data = rng.integers(-127, 128, shape).astype(np.int8)
            return b.constant(name, data, Q(_scale(rng, 2e-3, 0.03), 0))

        weights = [codes(f"w{g}", units, size) for g in "ifgo"]
        recurrent = [codes(f"r{g}", units, units) for g in "ifgo"]
        biases = [b.constant(f"b{g}", rng.integers(-3000, 3000, units).astype(np.int32)) for g in "ifgo"]
        states = [b.state("h", (batch, units), DType.INT8, qh), b.state("c", (batch, units), DType.INT16, cell)]
        types = [qh, qh, cell]
        attrs = LstmAttrs(time_major, clip, _scale(rng, 3e-3, 1e-2), int(rng.integers(-128, 128)))
    inputs = [x, *weights, *recurrent, *absent, *biases, "", "", *states]
    names = ("y", "h_next", "c_next")
    y, *new = b.add_many("unidirectional_sequence_lstm", inputs, attrs, name="y", outputs=names, quantization=types)
    for old, value in zip(states, new, strict=True):
        b.next_state(old, value)
    return b.build([y])


def gru(rng: Rng, int8: bool) -> Graph:
    assert not int8
    d = Draft(rng, False)
    b = d.builder
    batch, steps, size, units = (int(rng.integers(1, n)) for n in (4, 6, 9, 9))
    attrs = GruAttrs(bool(rng.random() < 0.3), bool(rng.random() < 0.6))
    x = d.input((steps, batch, size) if attrs.time_major else (batch, steps, size))
    shapes = ((3 * units, size), (3 * units, units), (3 * units,), (3 * units,))
    parts = [b.constant(n, _floats(rng, *s)) for n, s in zip(("w", "r", "wb", "rb"), shapes, strict=True)]
    old = b.state("h", (batch, units))
    y, new = b.add_many("gru", [x, *parts, old], attrs, name="y", outputs=("y", "h_next"))
    b.next_state(old, new)
    return b.build([y])


CASES: Mapping[str, Case] = {
    "svdf": svdf,
    "unidirectional_sequence_lstm": unidirectional_sequence_lstm,
    "gru": gru,
}
