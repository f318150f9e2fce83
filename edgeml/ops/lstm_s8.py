"""The int8 step of unidirectional_sequence_lstm, as LiteRT's `LstmStepInteger8x8_16` rounds it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.fixed_point import divide_by_power_of_two, multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.fixed_point_s16 import logistic_s16, tanh_s16

_X, _HIDDEN, _CELL = 0, 18, 19
_WEIGHTS, _RECURRENT, _BIASES = (1, 2, 3, 4), (5, 6, 7, 8), (12, 13, 14, 15)
# gates are int16 with 3 integer bits before their function
_GATE_SCALE = np.float32(2.0**-12)


@dataclass(frozen=True, eq=False)
class LstmS8:
    """`input_scale` and `recurrent_scale` (4, 2) are fixed-point factors of the gates i, f, g, o; biases (4 U,) int32
    hold the zero points' share; the cell's scale is 2^`cell_exponent`, `cell_clip` is in its steps (0: none)."""

    weights: Array
    recurrent: Array
    input_bias: Array
    recurrent_bias: Array
    input_scale: Array
    recurrent_scale: Array
    hidden_scale: Array
    hidden_zero_point: int
    cell_exponent: int
    cell_clip: int


def lstm_s8_constants(bound: BoundNode) -> LstmS8:
    """Everything that does not depend on the sequence. Scales are multiplied in float32, as LiteRT does."""
    attrs = bound.node.attrs
    x, h, c = bound.input(_X).type, bound.input(_HIDDEN).type, bound.input(_CELL).type
    w, r = (np.concatenate([_data(bound, i) for i in group]).astype(np.int64) for group in (_WEIGHTS, _RECURRENT))
    bias = np.concatenate([_data(bound, i) for i in _BIASES]).astype(np.int64)

    def factors(group: tuple[int, ...], scale: float) -> Array:
        scales = np.asarray([bound.input(i).type.scale for i in group], np.float32) * np.float32(scale) / _GATE_SCALE
        return quantize_multiplier(scales.astype(np.float64))

    hidden = np.float32(2.0**-15 / np.float64(getattr(attrs, "hidden_scale", 0.0)) * 2.0**-15)
    clip = float(getattr(attrs, "cell_clip", 0.0))
    return LstmS8(
        w,
        r,
        (bias - x.zero_point * w.sum(axis=1)).astype(np.int32),
        (-h.zero_point * r.sum(axis=1)).astype(np.int32),
        factors(_WEIGHTS, x.scale),
        factors(_RECURRENT, h.scale),
        quantize_multiplier(np.float64(hidden)),
        int(getattr(attrs, "hidden_zero_point", 0)),
        int(np.frexp(c.scale)[1]) - 1,
        int(np.clip(np.float32(clip) / np.float32(c.scale), 0, 32767)),
    )


def lstm_s8(k: LstmS8, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    """x (B, I) and h (B, U) int8, c (B, U) int16 to the next h and c."""
    units = c.shape[1]
    rows = (-1, 4, units)
    first = (x.astype(np.int64) @ k.weights.T + k.input_bias).reshape(rows)
    second = (h.astype(np.int64) @ k.recurrent.T + k.recurrent_bias).reshape(rows)
    gates = _s16(multiply_by_quantized_multiplier(first, k.input_scale[:, np.newaxis]))
    gates = _s16(gates + multiply_by_quantized_multiplier(second, k.recurrent_scale[:, np.newaxis]))
    i, f, o = (logistic_s16(gates[:, gate]) for gate in (0, 1, 3))
    g = tanh_s16(gates[:, 2])
    kept = divide_by_power_of_two(f * c.astype(np.int64), 15)
    cell = _s16(kept + divide_by_power_of_two(i * g, 30 + k.cell_exponent))
    if k.cell_clip:
        cell = np.clip(cell, -k.cell_clip, k.cell_clip)
    product = o * tanh_s16(cell, 15 + k.cell_exponent)
    hidden = multiply_by_quantized_multiplier(product, k.hidden_scale) + k.hidden_zero_point
    return np.clip(hidden, -128, 127).astype(np.int8), cell.astype(np.int16)


def _s16(x: Array) -> Array:
    return np.clip(x, -32768, 32767)


def _data(bound: BoundNode, index: int) -> Array:
    data = bound.input(index).data
    assert data is not None
    return data
