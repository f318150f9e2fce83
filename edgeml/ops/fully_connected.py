"""fully_connected: matrix product with weights (O, I), optional bias and fused activation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from edgeml.errors import GraphError
from edgeml.ir import Array, Attributes, BoundNode, TensorType
from edgeml.ops.base import (
    EXACT,
    REALS,
    KernelCall,
    LiteRT,
    OnnxEmitter,
    Operator,
    Table,
    is_int8,
    is_int16,
)
from edgeml.ops.common import (
    Activation,
    activation_f32,
    builtin_activation_range_s8,
    constant_input,
    fused_range_s8,
    rank_is,
    weights_match_input,
    wide_bias,
)
from edgeml.ops.convolution import (
    conv_scales,
    one_weight_zero_point,
    rescale_below_256,
    weight_zero_point,
    weighted_kernel,
)
from edgeml.ops.fixed_point import quantize_multiplier
from edgeml.ops.int16 import (
    largest_sum,
    plain_call,
    real_records,
    rescale_twice,
    saturate_s16,
    sums_below_2_43,
    sums_fit_int32,
    weighted_call,
    weighted_scales,
    with_bias,
)
from edgeml.ops.lut import round_half_away
from edgeml.ops.onnx_fixed_point import DOUBLE, INT64, cast, divided_rounding, plus, rescaled_twice, saturated
from edgeml.ops.onnx_helpers import emit_activation, from_nhwc, reshape, to_nhwc
from edgeml.ops.onnx_products_s16 import summed_products
from edgeml.ops.requantize import requantize


@dataclass(frozen=True)
class FullyConnectedAttrs(Attributes):
    """`keep_num_dims` keeps all but the last dimension of the input; else it is read as rows of I values."""

    activation: Activation = Activation.NONE
    keep_num_dims: bool = False


def sums_fit_without_bias(bound: BoundNode) -> bool:
    """int16 products without a bias must add up to less than 2^31"""
    return not is_int16(bound) or bound.optional(2) is not None or sums_fit_int32(bound)


class FullyConnected(Operator[FullyConnectedAttrs]):
    """x with a multiple of I elements, weights (O, I), bias (O,) -> (rows, O)."""

    name = "fully_connected"
    attrs_type = FullyConnectedAttrs
    # version 5 is the first whose int8 weights may have a scale for each row
    litert = LiteRT("FULLY_CONNECTED", "FullyConnectedOptions", version_int8=5, version_int16=7)
    onnx = "Gemm"
    kernels = (
        "fully_connected_s8",
        "fully_connected_s16",
        "fully_connected_narrow_s16",
        "fully_connected_plain_s16",
        "fully_connected_f32",
    )
    tflm = EXACT
    dtypes = REALS
    weight_axis = 0
    constraints = (
        rank_is(1, 2),
        constant_input(1, "weights"),
        constant_input(2, "bias"),
        weights_match_input,
        wide_bias,
        one_weight_zero_point,
        rescale_below_256,
        sums_fit_without_bias,
        sums_below_2_43,
    )

    def infer(self, attrs: FullyConnectedAttrs, inputs: Sequence[TensorType | None]) -> tuple[TensorType, ...]:
        x, w = inputs[0], inputs[1]
        assert x is not None and w is not None
        if len(w.shape) != 2 or not x.shape or x.elements % w.shape[1]:
            raise GraphError(
                "fully_connected: weights must be (O, I), and I must divide the input's elements. "
                f"Got {x.shape} and {w.shape}."
            )
        if not attrs.keep_num_dims:
            return (TensorType((x.elements // w.shape[1], w.shape[0]), x.dtype),)
        if x.shape[-1] != w.shape[1]:
            raise GraphError(
                "fully_connected: with keep_num_dims the input's last dimension must be the weights' last. "
                f"Got {x.shape} and {w.shape}."
            )
        return (TensorType((*x.shape[:-1], w.shape[0]), x.dtype),)

    def reference_f32(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        attrs = self.attrs(bound)
        y = _product(attrs, inputs)
        return (activation_f32(attrs.activation, y).astype(np.float32),)

    def reference_s8(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, w = inputs[0], inputs[1]
        assert x is not None and w is not None
        attrs = self.attrs(bound)
        # float64 matrix products are exact for int8 operands and use BLAS
        centred = x.astype(np.float64) - bound.input(0).type.zero_point
        acc = _product(attrs, (centred, w.astype(np.float64) - weight_zero_point(bound), *inputs[2:])).astype(np.int32)
        out = bound.output.type
        low, high = fused_range_s8(bound, attrs.activation)
        return (requantize(acc, conv_scales(bound), out.zero_point, low, high),)

    def reference_s16(self, bound: BoundNode, *inputs: Array | None) -> tuple[Array, ...]:
        x, w = inputs[0], inputs[1]
        assert x is not None and w is not None
        attrs = self.attrs(bound)
        acc = _product(attrs, (x.astype(np.float64), w.astype(np.float64)))
        if bound.optional(2) is None:
            steps = rescale_twice(acc.astype(np.int64), quantize_multiplier(weighted_scales(bound)))
        else:
            steps = round_half_away(with_bias(bound, acc) * weighted_scales(bound))
        return (saturate_s16(steps, *builtin_activation_range_s8(attrs.activation, bound.output.type)),)

    def macs(self, bound: BoundNode) -> int:
        return bound.output.type.elements * bound.input(1).shape[1]

    def litert_options(self, bound: BoundNode) -> dict[str, Any]:
        attrs = self.attrs(bound)
        return {"fusedActivationFunction": attrs.activation.value, "keepNumDims": attrs.keep_num_dims}

    def from_litert(
        self,
        options: Mapping[str, Any],
        operands: Mapping[str, Array],
        types: Sequence[TensorType | None],
        outputs: Sequence[TensorType],
    ) -> FullyConnectedAttrs:
        if options["weightsFormat"]:
            raise ValueError("weights in a shuffled format")
        return FullyConnectedAttrs(Activation(options["fusedActivationFunction"]), bool(options["keepNumDims"]))

    def to_onnx(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        x, w = bound.input(0), bound.input(1).shape
        value = to_nhwc(onnx, onnx.input(bound, 0), x.shape)
        if len(x.shape) != 2 or x.shape[1] != w[1]:
            rows = onnx.initializer("shape", np.asarray((-1, w[1]), np.int64))
            value = onnx.node("Reshape", [value, rows])
        args = [value, onnx.weight(bound, 1, (0, 1))]
        if bound.optional(2) is not None:
            args.append(onnx.weight(bound, 2, (0,)))
        value = emit_activation(onnx, bound, onnx.node("Gemm", args, transB=1), self.attrs(bound).activation)
        if len(bound.output.shape) != 2:
            shape = onnx.initializer("shape", np.asarray(bound.output.shape, np.int64))
            value = from_nhwc(onnx, onnx.node("Reshape", [value, shape]), bound.output.shape)
        onnx.output(bound, value)

    def to_onnx_s16(self, bound: BoundNode, onnx: OnnxEmitter) -> None:
        w, scales = bound.input(1).shape, weighted_scales(bound)
        rows = to_nhwc(onnx, onnx.codes(bound, 0), bound.input(0).shape)
        acc = summed_products(
            bound, onnx, "MatMulInteger", reshape(onnx, rows, (-1, w[1])), onnx.constant(bound, 1, (1, 0)), 1
        )
        if bound.optional(2) is None:
            steps = rescaled_twice(onnx, acc, quantize_multiplier(scales), largest_sum(bound))
        else:
            acc = plus(onnx, acc, onnx.constant(bound, 2, (0,)))
            # the real value is rounded to halves towards zero, then halves away from zero
            halves = onnx.node("Mul", [cast(onnx, acc, DOUBLE), onnx.initializer("factor", 2 * scales)])
            steps = divided_rounding(onnx, cast(onnx, halves, INT64), 2)
        low, high = builtin_activation_range_s8(self.attrs(bound).activation, bound.output.type)
        value = reshape(onnx, saturated(onnx, steps, low, high), bound.output.shape)
        onnx.output_codes(bound, from_nhwc(onnx, value, bound.output.shape))

    def kernel(self, bound: BoundNode) -> KernelCall:
        attrs = self.attrs(bound)
        w = bound.input(1).shape
        params = {"batches": bound.output.type.elements // w[0], "input_size": w[1], "output_size": w[0]}
        if is_int16(bound):
            if bound.optional(2) is None:
                return plain_call(bound, params)
            scale = Table("scale", real_records(weighted_scales(bound)), "edgeml_real_s16")
            return weighted_call(bound, params, scale)
        if not is_int8(bound):
            return weighted_kernel(bound, attrs.activation, params)
        # weights with one scale need one factor
        scales = conv_scales(bound)
        alike = bool((scales == scales[0]).all())
        call = weighted_kernel(bound, attrs.activation, params)
        args = tuple(
            Table("scale", scales[:1], "edgeml_scale") if alike and isinstance(a, Table) else a for a in call.args
        )
        return replace(call, params={**call.params, "scale_step": 0 if alike else 1}, args=args)


def _product(attrs: FullyConnectedAttrs, inputs: tuple[Array | None, ...]) -> Array:
    x, w = inputs[0], inputs[1]
    assert x is not None and w is not None
    bias = inputs[2] if len(inputs) > 2 else None
    rows = x if attrs.keep_num_dims else x.reshape(-1, w.shape[1])
    y: Array = rows @ w.T
    return y if bias is None else y + bias
