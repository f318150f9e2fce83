"""gru: gated recurrent units over a sequence, from their last hidden state (float32).

    z, r = logistic(W x_t + Wb + R h + Rb)    h' = (1 - z) n + z h
    n = tanh(W x_t + Wb + r (R h + Rb))   with `linear_before_reset` (Keras' reset_after, PyTorch)
    n = tanh(W x_t + Wb + R (r h) + Rb)   without

The formulas and the order z, r, n of the gates are those of ONNX' GRU.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import KernelArg, KernelCall, OnnxEmitter, Operand, Operator, Result, Scratch, Unsupported
from edgeml.ops.recurrent import constant_data, given, logistic_f32, sequence_of, sequence_shape, steps_of

X, W, R, WB, RB, HIDDEN = range(6)


@dataclass(frozen=True)
class GruAttrs(Attributes):
    """x is (B, T, I), or (T, B, I) with `time_major`."""

    time_major: bool = False
    linear_before_reset: bool = True


class Gru(Operator[GruAttrs]):
    """x (B, T, I), W (3 U, I), R (3 U, U), Wb and Rb (3 U,), h (B, U) -> y (B, T, U), h."""

    name = "gru"
    attrs_type = GruAttrs
    litert = Unsupported("has no LiteRT builtin")
    onnx = "GRU"
    kernels = ("gru_f32",)
    dtypes = (DType.FLOAT32,)
    in_place = MappingProxyType({1: HIDDEN})

    def infer(self, attrs: GruAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x, w, r, wb, rb, h = inputs
        assert x is not None and w is not None and r is not None
        assert wb is not None and rb is not None and h is not None
        batch, steps, size = sequence_shape(self.name, x.shape, attrs.time_major)
        units = r.shape[-1]
        wanted = ((3 * units, size), (3 * units, units), (3 * units,), (3 * units,), (batch, units))
        got = (w.shape, r.shape, wb.shape, rb.shape, h.shape)
        if got != wanted:
            raise GraphError(f"gru: weights, biases and state must be {wanted}. Got {got}.")
        shape = (steps, batch, units) if attrs.time_major else (batch, steps, units)
        return TensorType(shape, x.dtype), TensorType(h.shape, h.dtype)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs = self.attrs(bound)
        x, w, r, wb, rb, h = (given(inputs, i) for i in range(6))
        units = r.shape[1]
        outputs = []
        for step in steps_of(x, attrs.time_major):
            a, b = step @ w.T + wb, h @ r[: 2 * units].T + rb[: 2 * units]
            gates = logistic_f32(a[:, : 2 * units] + b)
            z, reset = gates[:, :units], gates[:, units:]
            last, last_bias = r[2 * units :].T, rb[2 * units :]
            seen = reset * (h @ last + last_bias) if attrs.linear_before_reset else (reset * h) @ last + last_bias
            n = np.tanh(a[:, 2 * units :] + seen)
            h = np.asarray((np.float32(1) - z) * n + z * h, np.float32)
            outputs.append(h)
        return sequence_of(outputs, attrs.time_major), h

    def macs(self, bound: BoundNode) -> int:
        return bound.output.type.elements * 3 * (bound.input(W).shape[1] + bound.input(R).shape[1])

    def batchable(self, bound: BoundNode) -> bool:
        return not self.attrs(bound).time_major and bound.input(X).shape[0] == 1

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        attrs = self.attrs(bound)
        batch, steps, _ = sequence_shape(self.name, bound.input(X).shape, attrs.time_major)
        units = bound.input(R).shape[1]

        def shaped(value: str, *shape: int) -> str:
            return onnx.node("Reshape", [value, onnx.initializer("shape", np.asarray(shape, np.int64))])

        def constant(name: str, *indices: int) -> str:
            parts = [constant_data(bound, i) for i in indices]
            return onnx.initializer(f"{bound.name}/{name}", np.concatenate(parts)[np.newaxis])

        x = onnx.input(bound, X)
        if not attrs.time_major:
            x = onnx.node("Transpose", [x], perm=(1, 0, 2))
        old = shaped(onnx.input(bound, HIDDEN), 1, batch, units)
        args = [x, constant("W", W), constant("R", R), constant("B", WB, RB), "", old]
        y, h = onnx.nodes("GRU", args, 2, hidden_size=units, linear_before_reset=int(attrs.linear_before_reset))
        y = shaped(y, steps, batch, units)
        onnx.output(bound, y if attrs.time_major else onnx.node("Transpose", [y], perm=(1, 0, 2)))
        onnx.output(bound, shaped(h, batch, units), 1)

    def kernel(self, bound: BoundNode) -> KernelCall:
        attrs = self.attrs(bound)
        batch, steps, size = sequence_shape(self.name, bound.input(X).shape, attrs.time_major)
        units = bound.input(R).shape[1]
        params = {
            "batches": batch,
            "steps": steps,
            "input_size": size,
            "units": units,
            "time_major": int(attrs.time_major),
            "linear_before_reset": int(attrs.linear_before_reset),
        }
        operands = [Operand(i) for i in (X, W, R, WB, RB, HIDDEN)]
        args: tuple[KernelArg, ...] = (*operands, Result(0), Result(1), Scratch(16 * units))
        return KernelCall("gru_f32", params, args)
