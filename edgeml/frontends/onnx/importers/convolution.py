"""Conv and ConvTranspose."""

from __future__ import annotations

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.draft import Codes
from edgeml.frontends.onnx.importers.layout import each_sample, from_nhwc, join, part, to_nhwc
from edgeml.frontends.onnx.importers.windows import Window, spatial_rank, window
from edgeml.ir import Array, Quantization


def conv(call: Call) -> None:
    """X (N, C, …), W (M, C / group, …), B (M,): conv_2d, depthwise_conv_2d, or one conv_2d a group."""
    rank = spatial_rank(call)
    weights = call.constant(1, "weights")
    if weights.ndim != rank + 2:
        raise call.damaged(f"weights {weights.shape} do not fit an input of {call.shape(0)}")
    kernel = call.integers("kernel_shape", weights.shape[2:])
    if kernel != weights.shape[2:]:
        raise call.damaged(f"kernel_shape {kernel} does not fit weights {weights.shape}")
    shape = window(call, call.shape(0)[2:], weights.shape[2:])
    codes = call.codes(1)
    if rank == 1:
        weights, codes = weights[:, :, None], _with_height(codes)
    bias = (call.constant(2, "bias"), call.codes(2)) if call.has(2) else None
    groups, channels = call.integer("group", 1), call.shape(0)[1]
    if groups < 1 or weights.shape[1] * groups != channels or weights.shape[0] % groups:
        raise call.damaged(f"weights {weights.shape} and group {groups} do not fit {channels} channels")
    if bias is not None and bias[0].shape != (weights.shape[0],):
        raise call.damaged(f"bias {bias[0].shape} does not fit {weights.shape[0]} filters")
    x = to_nhwc(call, call.x(0))
    layer = _Layer(call, shape, weights, codes, bias)
    if groups == 1:
        function = layer.dense
    elif weights.shape[1] == 1:
        function = layer.depthwise
    else:
        function = lambda x: layer.grouped(x, groups)  # noqa: E731
    call.result(from_nhwc(call, each_sample(call, x, function), rank + 2))


class _Layer:
    """One convolution; the weights become constants once, however many samples or groups read them."""

    def __init__(
        self, call: Call, shape: Window, weights: Array, codes: Codes | None, bias: tuple[Array, Codes | None] | None
    ) -> None:
        self.call, self.shape, self.weights, self.codes, self.bias = call, shape, weights, codes, bias
        self._cache: dict[str, list[str]] = {}

    def dense(self, x: str) -> str:
        return self._emit("conv_2d", x, self._constants("", slice(None)))

    def depthwise(self, x: str) -> str:
        # (C * M, 1, KH, KW): filter c * M + m reads channel c, as in the IR
        return self._emit("depthwise_conv_2d", x, self._constants("depthwise", slice(None), (1, 2, 3, 0)))

    def grouped(self, x: str, groups: int) -> str:
        channels, filters = self.weights.shape[1], self.weights.shape[0] // groups
        results = []
        for g in range(groups):
            constants = self._constants(f"group{g}", slice(g * filters, (g + 1) * filters))
            results.append(self._emit("conv_2d", part(self.call, x, 3, g * channels, channels), constants))
        return join(self.call, results, 3)

    def _emit(self, op: str, x: str, constants: list[str]) -> str:
        s = self.shape
        return self.call.emit(op, [x, *constants], stride=s.stride, padding=s.padding, dilation=s.dilation)

    def _constants(self, key: str, filters: slice, perm: tuple[int, ...] = (0, 2, 3, 1)) -> list[str]:
        if key not in self._cache:
            suffix = f"_{key}" if key.startswith("group") else ""
            w, codes = permuted(self.weights[filters], _picked(self.codes, filters), perm)
            names = [self.call.new_constant(f"weights{suffix}", w, codes)]
            if self.bias is not None:
                data, bias_codes = self.bias
                names.append(self.call.new_constant(f"bias{suffix}", data[filters], _picked(bias_codes, filters)))
            self._cache[key] = names
        return self._cache[key]


def permuted(data: Array, codes: Codes | None, perm: tuple[int, ...]) -> tuple[Array, Codes | None]:
    """A constant with its dimensions permuted, and its integers with it."""
    moved = np.ascontiguousarray(data.transpose(perm))
    if codes is None:
        return moved, None
    q = codes.quantization
    axis = None if q.axis is None else perm.index(q.axis)
    return moved, Codes(codes.data.transpose(perm), Quantization(q.scale, q.zero_point, axis))


def _picked(codes: Codes | None, filters: slice) -> Codes | None:
    """The integers of some filters (dimension 0)."""
    if codes is None or filters == slice(None):
        return codes
    q = codes.quantization
    if q.axis is None:
        return Codes(codes.data[filters], q)
    if q.axis != 0:
        return None
    return Codes(codes.data[filters], Quantization(q.scale[filters], q.zero_point[filters], 0))


def _with_height(codes: Codes | None) -> Codes | None:
    if codes is None:
        return None
    q = codes.quantization
    axis = q.axis if q.axis is None or q.axis < 2 else q.axis + 1
    return Codes(codes.data[:, :, None], Quantization(q.scale, q.zero_point, axis))


IMPORTERS = {("", "Conv"): conv}
