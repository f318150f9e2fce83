"""unidirectional_sequence_lstm: a long short-term memory over a sequence, from its last hidden and cell state.

    i, f, o = logistic(W x_t + R h + b)   g = tanh(W x_t + R h + b)   c = f c + i g   h = o tanh(c)

Operands stand where LiteRT has them (gates in the order i, f, g, o). The int8 rule is LiteRT's integer LSTM
(`lstm_eval.cc`, 8x8_16): int8 input and hidden state, int16 cell state whose scale is a power of two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from edgeml.errors import GraphError, UnsupportedError
from edgeml.ir import Array, Attributes, BoundNode, DType, Quantization, TensorType
from edgeml.ops.base import (
    KernelArg,
    KernelCall,
    LiteRT,
    OnnxEmitter,
    Operand,
    Operator,
    Result,
    Scratch,
    Table,
    Unsupported,
    is_int8,
)
from edgeml.ops.lstm_s8 import lstm_s8, lstm_s8_constants
from edgeml.ops.recurrent import constant_data, given, logistic_f32, sequence_of, sequence_shape, steps_of

X, HIDDEN, CELL = 0, 18, 19
WEIGHTS, RECURRENT, BIASES = (1, 2, 3, 4), (5, 6, 7, 8), (12, 13, 14, 15)
# peephole weights and a projection, which LiteRT could have here
_ABSENT = (9, 10, 11, 16, 17)
# gates of ONNX (i, o, f, g) by their position here (i, f, g, o)
ONNX_GATES = (0, 3, 1, 2)


@dataclass(frozen=True)
class LstmAttrs(Attributes):
    """x is (B, T, I), or (T, B, I) with `time_major`. The cell is clipped to ±`cell_clip` unless that is 0.

    int8 rounds o * tanh(c) to `hidden_scale` and `hidden_zero_point` before it becomes the hidden state.
    """

    time_major: bool = False
    cell_clip: float = 0.0
    hidden_scale: float = 0.0
    hidden_zero_point: int = 0


def plain_cell(bound: BoundNode) -> bool:
    """a plain cell: four gates with weights and biases (constant in int8), no peepholes, projection or layer norm"""
    given = [bound.optional(i) for i in (*WEIGHTS, *RECURRENT, *BIASES)]
    absent = all(bound.optional(i) is None for i in _ABSENT) and len(bound.inputs) == CELL + 1
    return absent and all(t is not None and (t.is_constant or not is_int8(bound)) for t in given)


def element_types(bound: BoundNode) -> bool:
    """all float32; or int8 with int8 weights, int32 biases and an int16 cell of scale 2^-15 to 2^-9, a power of two"""
    h, c = bound.input(HIDDEN), bound.input(CELL)
    kinds = {bound.input(i).dtype for i in (*WEIGHTS, *RECURRENT)}
    biases = {bound.input(i).dtype for i in BIASES}
    attrs: Any = bound.node.attrs
    if not is_int8(bound):
        return kinds == biases == {DType.FLOAT32} and h.dtype is c.dtype is DType.FLOAT32
    q = c.quantization
    power = (
        q is not None and q.zero_point == (0,) and np.frexp(q.scale[0])[0] == 0.5 and -15 <= cell_exponent(c.type) <= -9
    )
    same = h.quantization == bound.output.quantization and h.dtype is DType.INT8
    weights = all(bound.input(i).quantization is not None for i in (*WEIGHTS, *RECURRENT))
    types = kinds == {DType.INT8} and biases == {DType.INT32} and c.dtype is DType.INT16
    return power and same and weights and types and attrs.hidden_scale > 0


def cell_exponent(cell: TensorType) -> int:
    """e of a cell state with scale 2^e."""
    return int(np.frexp(cell.scale)[1]) - 1


class UnidirectionalSequenceLstm(Operator[LstmAttrs]):
    """x (B, T, I), W (U, I) and R (U, U) of each gate, biases (U,), h and c (B, U) -> y (B, T, U), h, c."""

    name = "unidirectional_sequence_lstm"
    attrs_type = LstmAttrs
    litert = LiteRT("UNIDIRECTIONAL_SEQUENCE_LSTM", "UnidirectionalSequenceLSTMOptions", version=1, version_int8=3)
    onnx = "LSTM"
    onnx_s8 = Unsupported("is LiteRT's integer LSTM, whose tables and int16 cell ONNX cannot say")
    kernels = ("unidirectional_sequence_lstm_s8", "unidirectional_sequence_lstm_f32")
    in_place = MappingProxyType({1: HIDDEN, 2: CELL})
    hybrid_inputs = (*WEIGHTS, *RECURRENT)
    constraints = (plain_cell, element_types)

    def infer(self, attrs: LstmAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x, w, r = inputs[X], inputs[WEIGHTS[1]], inputs[RECURRENT[1]]
        h, c = inputs[HIDDEN], inputs[CELL]
        assert x is not None and w is not None and r is not None and h is not None and c is not None
        batch, steps, size = sequence_shape(self.name, x.shape, attrs.time_major)
        units = w.shape[0]
        for weights, columns in ((WEIGHTS, size), (RECURRENT, units)):
            if any((t := inputs[i]) is not None and t.shape != (units, columns) for i in weights):
                got = [t.shape for i in weights if (t := inputs[i]) is not None]
                raise GraphError(f"{self.name}: weights must be ({units}, {columns}). Got {got}.")
        if any((t := inputs[i]) is not None and t.shape != (units,) for i in BIASES):
            raise GraphError(f"{self.name}: biases must be ({units},).")
        if h.shape != (batch, units) or c.shape != (batch, units):
            raise GraphError(f"{self.name}: states must be ({batch}, {units}). Got {h.shape} and {c.shape}.")
        shape = (steps, batch, units) if attrs.time_major else (batch, steps, units)
        return TensorType(shape, x.dtype), TensorType(h.shape, h.dtype), TensorType(c.shape, c.dtype)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs = self.attrs(bound)
        x, h, c = (given(inputs, i) for i in (X, HIDDEN, CELL))
        w, r, b = (np.concatenate([given(inputs, i) for i in group]) for group in (WEIGHTS, RECURRENT, BIASES))
        outputs = []
        for step in steps_of(x, attrs.time_major):
            i, f, g, o = np.split(step @ w.T + h @ r.T + b, 4, axis=1)
            c = logistic_f32(f) * c + logistic_f32(i) * np.tanh(g)
            if attrs.cell_clip > 0:
                c = np.clip(c, -np.float32(attrs.cell_clip), np.float32(attrs.cell_clip))
            h = logistic_f32(o) * np.tanh(c)
            outputs.append(h)
        return sequence_of(outputs, attrs.time_major), h, c

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs = self.attrs(bound)
        x, h, c = (given(inputs, i) for i in (X, HIDDEN, CELL))
        outputs = []
        constants = lstm_s8_constants(bound)
        for step in steps_of(x, attrs.time_major):
            h, c = lstm_s8(constants, step, h, c)
            outputs.append(h)
        return sequence_of(outputs, attrs.time_major), h, c

    def macs(self, bound: BoundNode) -> int:
        units, size = bound.input(WEIGHTS[1]).shape
        return bound.output.type.elements * 4 * (size + units)

    def batchable(self, bound: BoundNode) -> bool:
        return not self.attrs(bound).time_major and bound.input(X).shape[0] == 1

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        attrs = self.attrs(bound)
        tanh = 4
        options = {"fusedActivationFunction": tanh, "cellClip": attrs.cell_clip, "projClip": 0.0}
        return {**options, "timeMajor": attrs.time_major}

    def litert_intermediates(self, bound: BoundNode) -> tuple[TensorType, ...]:
        """Of LiteRT's five the last is read: what o * tanh(c) is rounded to."""
        if not is_int8(bound):
            return ()
        attrs = self.attrs(bound)
        gate = TensorType((), DType.INT16, Quantization.per_tensor(2.0**-12, 0))
        hidden = Quantization.per_tensor(attrs.hidden_scale, attrs.hidden_zero_point)
        return (gate, gate, gate, gate, TensorType((), DType.INT8, hidden))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs = self.attrs(bound)
        if attrs.cell_clip > 0:
            raise UnsupportedError(
                f"{self.name} '{bound.name}': ONNX clips the gates' sums, not the cell. Got a cell clip of "
                f"{attrs.cell_clip}. Use the LiteRT or C export."
            )
        batch, steps, _ = sequence_shape(self.name, bound.input(X).shape, attrs.time_major)
        units = bound.input(WEIGHTS[1]).shape[0]

        def stacked(group: Sequence[int], name: str) -> str:
            data = np.concatenate([constant_data(bound, group[g]) for g in ONNX_GATES])
            if group is BIASES:  # one for the weights and one for the recurrent weights
                data = np.concatenate([data, np.zeros_like(data)])
            return onnx.initializer(f"{bound.name}/{name}", data[np.newaxis])

        def shaped(value: str, *shape: int) -> str:
            return onnx.node("Reshape", [value, onnx.initializer("shape", np.asarray(shape, np.int64))])

        x = onnx.input(bound, X)
        if not attrs.time_major:
            x = onnx.node("Transpose", [x], perm=(1, 0, 2))
        states = [shaped(onnx.input(bound, i), 1, batch, units) for i in (HIDDEN, CELL)]
        args = [x, stacked(WEIGHTS, "W"), stacked(RECURRENT, "R"), stacked(BIASES, "B"), "", *states]
        y, h, c = onnx.nodes("LSTM", args, 3, hidden_size=units)
        y = shaped(y, steps, batch, units)
        onnx.output(bound, y if attrs.time_major else onnx.node("Transpose", [y], perm=(1, 0, 2)))
        onnx.output(bound, shaped(h, batch, units), 1)
        onnx.output(bound, shaped(c, batch, units), 2)

    def kernel(self, bound: BoundNode) -> KernelCall:
        attrs = self.attrs(bound)
        batch, steps, size = sequence_shape(self.name, bound.input(X).shape, attrs.time_major)
        units = bound.input(WEIGHTS[1]).shape[0]
        params: dict[str, Any] = {
            "batches": batch,
            "steps": steps,
            "input_size": size,
            "units": units,
            "time_major": int(attrs.time_major),
        }
        weights = [Operand(i) for i in (*WEIGHTS, *RECURRENT)]
        states: tuple[KernelArg, ...] = (Operand(HIDDEN), Operand(CELL), Result(0), Result(1), Result(2))
        if not is_int8(bound):
            biases = [Operand(i) for i in BIASES]
            args = (Operand(X), *weights, *biases, *states, Scratch(16 * units))
            return KernelCall("unidirectional_sequence_lstm_f32", {**params, "cell_clip": attrs.cell_clip}, args)
        k = lstm_s8_constants(bound)
        params |= {
            "input_multiplier": k.input_scale[:, 0].tolist(),
            "input_shift": k.input_scale[:, 1].tolist(),
            "recurrent_multiplier": k.recurrent_scale[:, 0].tolist(),
            "recurrent_shift": k.recurrent_scale[:, 1].tolist(),
            "hidden_multiplier": int(k.hidden_scale[0]),
            "hidden_shift": int(k.hidden_scale[1]),
            "hidden_zero_point": k.hidden_zero_point,
            "cell_exponent": k.cell_exponent,
            "cell_clip": k.cell_clip,
        }
        tables = (Table("input_bias", k.input_bias), Table("recurrent_bias", k.recurrent_bias))
        args8 = (Operand(X), *weights, *tables, *states, Scratch(8 * units))
        return KernelCall("unidirectional_sequence_lstm_s8", params, args8)
