"""ConvTranspose."""

from __future__ import annotations

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.importers.convolution import permuted
from edgeml.frontends.onnx.importers.layout import from_nhwc, join, part, to_nhwc
from edgeml.frontends.onnx.importers.windows import spatial_rank
from edgeml.ir import Array
from edgeml.ops.common import Padding


def conv_transpose(call: Call) -> None:
    """X (N, C, …), W (C, M / group, …), B (M,): one transpose_conv a group."""
    rank = spatial_rank(call)
    weights = call.constant(1, "weights")
    groups, channels = call.integer("group", 1), call.shape(0)[1]
    if weights.ndim != rank + 2 or groups < 1 or weights.shape[0] != channels or channels % groups:
        raise call.damaged(f"weights {weights.shape} and group {groups} do not fit an input of {call.shape(0)}")
    dilation = call.integers("dilations", (1,) * rank) or ()
    weights, codes = (weights, call.codes(1)) if set(dilation) <= {1} else (_dilated(call, weights, dilation), None)
    stride, padding = _geometry(call, weights.shape[2:], rank)
    if rank == 1:
        weights, codes = weights[:, :, None], None
    bias = call.constant(2, "bias") if call.has(2) else None
    x = to_nhwc(call, call.x(0))
    inputs, outputs = channels // groups, weights.shape[1]
    results = []
    for g in range(groups):
        w, group_codes = permuted(weights[g * inputs : (g + 1) * inputs], codes if groups == 1 else None, (1, 2, 3, 0))
        suffix = f"_group{g}" if groups > 1 else ""
        constants = [call.new_constant(f"weights{suffix}", w, group_codes)]
        if bias is not None:
            row = bias[g * outputs : (g + 1) * outputs]
            constants.append(call.new_constant(f"bias{suffix}", row, call.codes(2) if groups == 1 else None))
        source = part(call, x, 3, g * inputs, inputs)
        results.append(call.emit("transpose_conv", [source, *constants], stride=stride, padding=padding))
    call.result(from_nhwc(call, join(call, results, 3), rank + 2))


def _dilated(call: Call, weights: Array, dilation: tuple[int, ...]) -> Array:
    """The weights with zeros between their taps."""
    kernel = weights.shape[2:]
    if len(dilation) != len(kernel) or any(not 1 <= d <= 64 for d in dilation):
        raise call.unsupported(f"dilations {dilation} are not supported.", "Use 1 to 64.")
    spans = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True))
    wide = np.zeros((*weights.shape[:2], *spans), weights.dtype)
    wide[(slice(None), slice(None), *(slice(None, None, d) for d in dilation))] = weights
    return wide


def _geometry(call: Call, kernel: tuple[int, ...], rank: int) -> tuple[tuple[int, int], Padding]:
    """Stride and padding as (height, width); rows that no input reaches are a negative padding at the end."""
    spatial = call.shape(0)[2:]
    stride = call.integers("strides", (1,) * rank) or ()
    extra = call.integers("output_padding", (0,) * rank) or ()
    pads = call.integers("pads", (0,) * 2 * rank) or ()
    wanted = call.integers("output_shape")
    mode = call.text("auto_pad", "NOTSET")
    sizes = (stride, extra, wanted if wanted is not None else stride)
    if any(len(s) != rank for s in sizes) or len(pads) != 2 * rank or any(s < 1 for s in stride):
        raise call.damaged("strides, pads, output_padding and output_shape do not fit the input")
    pairs = []
    for i in range(rank):
        full = stride[i] * (spatial[i] - 1) + kernel[i]
        out = wanted[i] if wanted is not None else spatial[i] * stride[i]
        if wanted is None and mode not in ("SAME_UPPER", "SAME_LOWER"):
            before, after = (0, 0) if mode == "VALID" else (pads[i], pads[i + rank])
            pairs.append((before, after - extra[i]))
            continue
        total = max(0, full + extra[i] - out)
        before = total // 2 if mode == "SAME_UPPER" else total - total // 2
        pairs.append((before, full - out - before))
    if any(before < 0 for before, _ in pairs):
        raise call.unsupported(f"negative pads {pads} are not supported.")
    if rank == 1:
        return (1, stride[0]), (0, 0, *pairs[0])
    return (stride[0], stride[1]), (*pairs[0], *pairs[1])


IMPORTERS = {("", "ConvTranspose"): conv_transpose}
