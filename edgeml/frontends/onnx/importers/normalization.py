"""Normalisations, written as the arithmetic that they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.importers.elementwise import binary, square
from edgeml.ir import Array


def batch_normalization(call: Call) -> None:
    """With constant statistics: one mul and one add per channel (dimension 1)."""
    if call.integer("training_mode") or (call.opset < 7 and not call.integer("is_test")):
        raise call.unsupported("training mode is not supported.", "Export for inference.")
    scale, bias, mean, variance = (call.constant(i, "statistics").astype(np.float64) for i in range(1, 5))
    variance = variance + call.number("epsilon", 1e-5)
    if not (variance > 0).all():
        raise call.damaged("a variance plus epsilon is not positive")
    factor = scale / np.sqrt(variance)
    rank = len(call.shape(0))
    y = binary(call, "mul", call.x(0), _channels(call, "scale", factor, rank))
    call.result(binary(call, "add", y, _channels(call, "shift", bias - mean * factor, rank)))


def _channels(call: Call, hint: str, values: Array, rank: int) -> str:
    """(C,) as a constant that broadcasts over dimension 1 of `rank`."""
    shape = (-1, *(1,) * max(0, rank - 2)) if rank > 1 else (-1,)
    return call.new_constant(hint, values.astype(np.float32).reshape(shape))


def normalized(call: Call, x: str, axes: tuple[int, ...], epsilon: float) -> str:
    """(x - mean) / sqrt(variance + epsilon) over `axes`."""
    centred = binary(call, "sub", x, call.emit("mean", [x], axes=axes, keep_dims=True))
    variance = call.emit("mean", [square(call, centred)], axes=axes, keep_dims=True)
    shifted = binary(call, "add", variance, call.new_constant("epsilon", np.asarray(epsilon, np.float32)))
    return binary(call, "mul", centred, call.emit("rsqrt", [shifted]))


def layer_normalization(call: Call) -> None:
    """Over the last dimensions, then scale and shift."""
    rank = len(call.shape(0))
    axis = call.axis(call.integer("axis", -1), rank)
    axes, x = tuple(range(axis, rank)), call.x(0)
    mean = call.emit("mean", [x], axes=axes, keep_dims=True)
    centred = binary(call, "sub", x, mean)
    variance = call.emit("mean", [square(call, centred)], axes=axes, keep_dims=True)
    inverse = call.emit(
        "rsqrt", [binary(call, "add", variance, _scalar(call, "epsilon", call.number("epsilon", 1e-5)))]
    )
    y = binary(call, "mul", binary(call, "mul", centred, inverse), call.x(1))
    call.result(binary(call, "add", y, call.x(2)) if call.has(2) else y)
    call.result(mean, 1)
    call.result(inverse, 2)


def rms_normalization(call: Call) -> None:
    """x / sqrt(mean of squares + epsilon), then scale."""
    rank = len(call.shape(0))
    axis = call.axis(call.integer("axis", -1), rank)
    x = call.x(0)
    power = call.emit("mean", [square(call, x)], axes=tuple(range(axis, rank)), keep_dims=True)
    shifted = binary(call, "add", power, _scalar(call, "epsilon", call.number("epsilon", 1e-5)))
    call.result(binary(call, "mul", binary(call, "mul", x, call.emit("rsqrt", [shifted])), call.x(1)))


def instance_normalization(call: Call) -> None:
    """Each channel of each sample over its own pixels."""
    rank = len(call.shape(0))
    y = normalized(call, call.x(0), tuple(range(2, rank)), call.number("epsilon", 1e-5))
    shape = (-1, *(1,) * (rank - 2))
    count = call.shape(1)[0]
    y = binary(call, "mul", y, call.reshape(call.x(1), (count, *shape[1:])))
    call.result(binary(call, "add", y, call.reshape(call.x(2), (count, *shape[1:]))))


def group_normalization(call: Call) -> None:
    """Scale and bias are per group before opset 21, per channel since."""
    n, c, *rest = call.shape(0)
    groups = call.integer("num_groups")
    if groups < 1 or c % groups:
        raise call.damaged(f"{c} channels do not divide into {groups} groups")
    grouped = call.reshape(call.x(0), (n, groups, int(np.prod(rest, dtype=np.int64)) * c // groups))
    y = normalized(call, grouped, (2,), call.number("epsilon", 1e-5))
    if call.opset < 21:
        scale, bias = (call.reshape(call.x(i), (groups, 1)) for i in (1, 2))
        y = binary(call, "add", binary(call, "mul", y, scale), bias)
        call.result(call.reshape(y, (n, c, *rest)))
        return
    y = call.reshape(y, (n, c, *rest))
    scale, bias = (call.reshape(call.x(i), (c, *(1,) * len(rest))) for i in (1, 2))
    call.result(binary(call, "add", binary(call, "mul", y, scale), bias))


def mean_variance_normalization(call: Call) -> None:
    """(x - mean) / (standard deviation + 1e-9) in blocks of neighbouring axes."""
    axes = call.integers("axes", (0, 2, 3)) or ()
    x = call.x(0)

    def average(value: str) -> str:
        for axis in axes:
            value = call.emit("mean", [value], axes=(call.axis(axis, len(call.shape(0))),), keep_dims=True)
        return value

    centred = binary(call, "sub", x, average(x))
    deviation = call.emit("sqrt", [average(square(call, centred))])
    shifted = binary(call, "add", deviation, call.new_constant("epsilon", np.asarray(1e-9, np.float32)))
    call.result(binary(call, "div", centred, shifted))


def lrn(call: Call) -> None:
    """x / (bias + alpha / size * sum of squares of the neighbouring channels) ** beta."""
    shape, size = call.shape(0), call.integer("size", 1)
    if len(shape) < 2 or size < 1:
        raise call.damaged(f"size {size} does not fit {shape}")
    x = call.x(0)
    squares = square(call, x)
    before, after = (size - 1) // 2, size // 2
    pads = tuple((before, after) if i == 1 else (0, 0) for i in range(len(shape)))
    padded = call.emit("pad", [squares], paddings=pads, value=None) if size > 1 else squares
    total = ""
    for offset in range(size):
        begin = tuple(offset if i == 1 else 0 for i in range(len(shape)))
        tap = call.emit("strided_slice", [padded], begin=begin, size=shape, stride=(1,) * len(shape))
        total = binary(call, "add", total, tap) if total else tap
    scaled = binary(call, "mul", total, _scalar(call, "alpha", call.number("alpha", 1e-4) / size))
    base = binary(call, "add", scaled, _scalar(call, "bias", call.number("bias", 1.0)))
    call.result(binary(call, "div", x, binary(call, "pow", base, _scalar(call, "beta", call.number("beta", 0.75)))))


def _scalar(call: Call, hint: str, value: float) -> str:
    return call.new_constant(hint, np.asarray(value, np.float32))


IMPORTERS: dict[tuple[str, str], Callable[[Call], None]] = {
    ("", "BatchNormalization"): batch_normalization,
    ("", "LayerNormalization"): layer_normalization,
    ("", "RMSNormalization"): rms_normalization,
    ("", "InstanceNormalization"): instance_normalization,
    ("", "GroupNormalization"): group_normalization,
    ("", "MeanVarianceNormalization"): mean_variance_normalization,
    ("", "LRN"): lrn,
}
