"""svdf: a dense layer over time whose weights have low rank, with a memory of its last frames.

Each filter reduces a frame to one value (`weights_feature`), keeps the last M of them in the state, and weights these
over time (`weights_time`); `rank` filters add up to one unit. The integers are LiteRT's `EvalIntegerSVDF`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, DType, TensorType
from edgeml.ops.base import KernelCall, LiteRT, OnnxEmitter, Operand, Operator, Result, Unsupported, is_int8
from edgeml.ops.common import Activation, activation_f32, activation_range, constant_input, rank_is
from edgeml.ops.fixed_point import multiply_by_quantized_multiplier, quantize_multiplier
from edgeml.ops.onnx_helpers import emit_activation

X, FEATURE, TIME, BIAS, STATE = range(5)


@dataclass(frozen=True)
class SvdfAttrs(Attributes):
    """`rank` filters add up to one unit."""

    rank: int = 1
    activation: Activation = Activation.NONE


def state_types(bound: BoundNode) -> bool:
    """the state must be float32 for a float32 input and int16, with zero point 0, for int8; weights_time like it"""
    old = bound.input(STATE)
    want = DType.INT16 if is_int8(bound) else DType.FLOAT32
    symmetric = old.quantization is None or not any(old.quantization.zero_point)
    same = old.dtype is bound.outputs[1].dtype is bound.input(TIME).dtype is want
    return same and symmetric and bound.input(FEATURE).dtype is bound.input(X).dtype


def relu_in_int8(bound: BoundNode) -> bool:
    """int8 takes the activation RELU only, as LiteRT does"""
    attrs: Any = bound.node.attrs
    return not is_int8(bound) or attrs.activation is Activation.RELU


class Svdf(Operator[SvdfAttrs]):
    """x (B, I), weights_feature (F, I), weights_time (F, M), bias (F / rank,), state (B, F * M) -> y (B, F / rank)."""

    name = "svdf"
    attrs_type = SvdfAttrs
    litert = LiteRT("SVDF", "SVDFOptions", version_int8=3)
    onnx = "MatMul"
    onnx_s8 = Unsupported("rounds its int16 state in fixed point, which ONNX cannot say")
    kernels = ("svdf_s8", "svdf_f32")
    in_place = MappingProxyType({1: STATE})
    hybrid_inputs = (FEATURE, TIME)
    constraints = (
        rank_is(X, 2),
        constant_input(FEATURE, "feature weights"),
        constant_input(TIME, "time weights"),
        constant_input(BIAS, "bias"),
        state_types,
        relu_in_int8,
    )

    def infer(self, attrs: SvdfAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x, feature, time = inputs[X], inputs[FEATURE], inputs[TIME]
        state = inputs[STATE] if len(inputs) > STATE else None
        assert x is not None and feature is not None and time is not None and state is not None
        fits = len(x.shape) == len(feature.shape) == len(time.shape) == 2
        if not fits or x.shape[1] != feature.shape[1] or feature.shape[0] != time.shape[0]:
            raise GraphError(
                "svdf: input must be (B, I), weights (F, I) and (F, M). Got "
                f"{x.shape}, {feature.shape} and {time.shape}."
            )
        filters, memory = time.shape
        if attrs.rank < 1 or filters % attrs.rank or state.shape != (x.shape[0], filters * memory):
            raise GraphError(
                f"svdf: rank must divide {filters} filters, and the state be {(x.shape[0], filters * memory)}. Got "
                f"rank {attrs.rank} and {state.shape}."
            )
        return TensorType((x.shape[0], filters // attrs.rank), x.dtype), TensorType(state.shape, state.dtype)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, feature, time, bias, state = _arrays(inputs)
        attrs = self.attrs(bound)
        memory = _shifted(state, x @ feature.T, time.shape)
        y = (memory * time).sum(axis=2).reshape(len(x), -1, attrs.rank).sum(axis=2)
        y = y if bias is None else y + bias
        return activation_f32(attrs.activation, y).astype(np.float32), memory.reshape(state.shape)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, feature, time, bias, state = _arrays(inputs)
        first, second = svdf_scales(bound)
        acc = ((x.astype(np.int64) - bound.input(X).type.zero_point) @ feature.astype(np.int64).T).astype(np.int32)
        new = np.clip(multiply_by_quantized_multiplier(acc, first), -32768, 32767).astype(np.int16)
        memory = _shifted(state, new, time.shape)
        total = (memory.astype(np.int64) * time).sum(axis=2).reshape(len(x), -1, self.attrs(bound).rank).sum(axis=2)
        # sums wrap in 32 bits, as LiteRT's do
        total = (total if bias is None else total + bias).astype(np.int32)
        y = multiply_by_quantized_multiplier(total, second) + bound.output.type.zero_point
        return np.clip(y, -128, 127).astype(np.int8), memory.reshape(state.shape)

    def macs(self, bound: BoundNode) -> int:
        batch, size = bound.input(X).shape
        filters, memory = bound.input(TIME).shape
        return batch * filters * (size + memory)

    def batchable(self, bound: BoundNode) -> bool:
        return bound.input(X).shape[0] == 1

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        attrs = self.attrs(bound)
        return {"rank": attrs.rank, "fusedActivationFunction": attrs.activation.value}

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> SvdfAttrs:
        return SvdfAttrs(int(options["rank"]), Activation(options["fusedActivationFunction"]))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        batch = bound.input(X).shape[0]
        filters, memory = bound.input(TIME).shape
        attrs = self.attrs(bound)

        def ints(*values: int) -> str:
            return onnx.initializer("shape", np.asarray(values, np.int64))

        new = onnx.node("MatMul", [onnx.input(bound, X), onnx.weight(bound, FEATURE, (1, 0))])
        old = onnx.node("Reshape", [onnx.input(bound, STATE), ints(batch, filters, memory)])
        if memory > 1:
            kept = onnx.node("Slice", [old, ints(1), ints(memory), ints(2)])
            new = onnx.node("Concat", [kept, onnx.node("Reshape", [new, ints(batch, filters, 1)])], axis=2)
        else:
            new = onnx.node("Reshape", [new, ints(batch, filters, 1)])
        weighted = onnx.node("Mul", [new, onnx.weight(bound, TIME, (0, 1))])
        by_unit = onnx.node("Reshape", [weighted, ints(batch, filters // attrs.rank, attrs.rank * memory)])
        y = onnx.node("ReduceSum", [by_unit, ints(2)], keepdims=0)
        if bound.optional(BIAS) is not None:
            y = onnx.node("Add", [y, onnx.weight(bound, BIAS, (0,))])
        onnx.output(bound, emit_activation(onnx, bound, y, attrs.activation))
        onnx.output(bound, onnx.node("Reshape", [new, ints(batch, filters * memory)]), 1)

    def kernel(self, bound: BoundNode) -> KernelCall:
        attrs = self.attrs(bound)
        batch, size = bound.input(X).shape
        filters, memory = bound.input(TIME).shape
        params: dict[str, Any] = {
            "batches": batch,
            "input_size": size,
            "filters": filters,
            "memory": memory,
            "rank": attrs.rank,
        }
        args = (Operand(X), Operand(FEATURE), Operand(TIME), Operand(BIAS), Operand(STATE), Result(0), Result(1))
        if not is_int8(bound):
            low, high = activation_range(attrs.activation)
            return KernelCall("svdf_f32", {**params, "activation_min": low, "activation_max": high}, args)
        first, second = svdf_scales(bound)
        params |= {
            "input_zero_point": bound.input(X).type.zero_point,
            "output_zero_point": bound.output.type.zero_point,
            "feature_multiplier": int(first[0]),
            "feature_shift": int(first[1]),
            "output_multiplier": int(second[0]),
            "output_shift": int(second[1]),
        }
        return KernelCall("svdf_s8", params, args)


def svdf_scales(bound: BoundNode) -> tuple[Array, Array]:
    """Fixed-point factors: input times feature weights to the state, and state times time weights to the output."""
    x, feature, time, state = (bound.input(i).type for i in (X, FEATURE, TIME, STATE))
    first = np.float64(x.scale) * feature.scale / state.scale
    second = np.float64(state.scale) * time.scale / bound.output.type.scale
    return quantize_multiplier(first), quantize_multiplier(second)


def _arrays(inputs: Sequence[Array | None]) -> tuple[Array, Array, Array, Array | None, Array]:
    x, feature, time, bias, state = inputs
    assert x is not None and feature is not None and time is not None and state is not None
    return x, feature, time, bias, state


def _shifted(state: Array, new: Array, shape: tuple[int, ...]) -> Array:
    """(B, F, M) with the oldest value of each filter dropped and the new one (B, F) at the end."""
    old = state.reshape(-1, *shape)
    return np.concatenate([old[:, :, 1:], new[:, :, np.newaxis]], axis=2).astype(state.dtype)
