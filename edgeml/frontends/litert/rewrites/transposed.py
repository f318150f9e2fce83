"""The transposed convolution, whose operands stand in an order of their own."""

from __future__ import annotations

from edgeml.errors import ModelFormatError
from edgeml.frontends.litert.draft import Call
from edgeml.ops.common import LITERT_SAME, Activation
from edgeml.ops.transpose_conv import TransposeConvAttrs, full_size, same_padding


def transpose_conv(call: Call) -> None:
    """TRANSPOSE_CONV(output shape, weights, x, bias); the padding follows from the output's size."""
    weights, x, y = call.input(1).shape, call.input(2).shape, call.output().shape
    stride_h, stride_w = call.options.get("strideH", 0), call.options.get("strideW", 0)
    padding, activation = call.options.get("padding", LITERT_SAME), call.options.get("fusedActivationFunction", 0)
    assert isinstance(stride_h, int) and isinstance(stride_w, int)
    if min(stride_h, stride_w) < 1 or len(x) != 4 or len(weights) != 4 or len(y) != 4:
        raise ModelFormatError(
            f"{call.where}: needs strides of at least 1 and tensors of rank 4. Got {stride_h}, {stride_w}, "
            f"{x}, {weights}, {y}. Export it again."
        )
    stride = (stride_h, stride_w)
    if padding == LITERT_SAME:
        cut = same_padding(x, weights, stride, (y[1], y[2]))
    else:
        height, width = full_size(x, weights, stride)
        cut = (0, height - y[1], 0, width - y[2])
    attrs = TransposeConvAttrs(stride, cut, Activation(activation))
    call.draft.node("transpose_conv", [call.inputs[2], call.inputs[1], *call.inputs[3:4]], call.outputs, attrs)
