"""Resize and Upsample of height and width."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.ir import Shape

# elements of a matrix of weights; larger ones would outweigh the model
MAX_MATRIX = 2**18


def resize(call: Call) -> None:
    """Nearest, linear and cubic over the last two of four dimensions."""
    shape = call.shape(0)
    size = _sizes(call, shape)
    if size == shape:
        call.result(call.x(0))
        return
    if len(shape) != 4 or size[:2] != shape[:2]:
        raise call.unsupported(f"resizes {shape} to {size}; only the last two of four dimensions may change.")
    mode = call.text("mode", "nearest")
    where = call.text("coordinate_transformation_mode", "half_pixel" if call.opset > 10 else "asymmetric")
    if call.integer("antialias") or call.integer("exclude_outside"):
        raise call.unsupported("antialias and exclude_outside are not supported.")
    x = call.transpose(call.x(0), (0, 2, 3, 1))
    if mode == "nearest":
        y = _nearest(call, x, shape, size, where)
    elif mode == "linear" and _is_bilinear(call, shape, size, where):
        half = where in ("half_pixel", "pytorch_half_pixel")
        align = where == "align_corners"
        y = call.emit("resize_bilinear", [x], size=size[2:], align_corners=align, half_pixel_centers=half)
    elif mode in ("linear", "cubic"):
        y = _product(call, x, shape, size, where, mode)
    else:
        raise call.unsupported(f"mode '{mode}' is not supported.", "Use linear, cubic or nearest.")
    call.result(call.transpose(y, (0, 3, 1, 2)))


def _is_bilinear(call: Call, shape: Shape, size: Shape, where: str) -> bool:
    """Whether the IR has an operator for it: its scale is the ratio of the sizes; it knows three coordinate rules."""
    exact = all(abs(_scale(call, i, shape[i], size[i]) * shape[i] - size[i]) < 1e-4 for i in (2, 3))
    known = where in ("half_pixel", "asymmetric", "align_corners") or (
        where == "pytorch_half_pixel" and 1 not in size[2:]
    )
    return exact and known


def _product(call: Call, x: str, shape: Shape, size: Shape, where: str, mode: str) -> str:
    """Interpolation along one dimension is a matrix product with constant weights (new, old)."""
    for axis, perm in ((1, (0, 3, 2, 1)), (2, (0, 1, 3, 2))):
        old, new = shape[axis + 1], size[axis + 1]
        if old == new:
            continue
        if old * new > MAX_MATRIX:
            raise call.unsupported(f"resizes {old} to {new}, too large for this mode.", "Use linear, half_pixel.")
        scale = _scale(call, axis + 1, old, new)
        matrix = np.zeros((new, old), np.float64)
        for i in range(new):
            at = _coordinate(call, i, old, new, scale, where)
            for pick, weight in _taps(call, at, mode):
                matrix[i, min(max(pick, 0), old - 1)] += weight
        weights = call.new_constant(f"weights{axis}", matrix.astype(np.float32))
        moved = call.transpose(x, perm)
        x = call.transpose(call.emit("fully_connected", [moved, weights], keep_num_dims=True), perm)
    return x


def _taps(call: Call, at: float, mode: str) -> list[tuple[int, float]]:
    """Neighbours of a coordinate and their weights; those outside repeat the edge."""
    first = math.floor(at)
    t = at - first
    if mode == "linear":
        return [(first, 1 - t), (first + 1, t)]
    a = call.number("cubic_coeff_a", -0.75)
    # Keys' convolution kernel
    near = [((a + 2) * d - (a + 3)) * d * d + 1 for d in (t, 1 - t)]
    far = [((a * d - 5 * a) * d + 8 * a) * d - 4 * a for d in (1 + t, 2 - t)]
    return [(first - 1, far[0]), (first, near[0]), (first + 1, near[1]), (first + 2, far[1])]


def _nearest(call: Call, x: str, shape: Shape, size: Shape, where: str) -> str:
    """One gather a dimension: ONNX has five coordinate rules times four roundings."""
    rounding = call.text("nearest_mode", "round_prefer_floor" if call.opset > 10 else "floor")
    for axis, old, new in ((1, shape[2], size[2]), (2, shape[3], size[3])):
        scale = _scale(call, axis + 1, old, new)
        picks = [_source(call, i, old, new, scale, where, rounding) for i in range(new)]
        if picks != list(range(old)):
            indices = call.new_constant(f"rows{axis}", np.asarray(picks, np.int32))
            x = call.emit("gather", [x, indices], axis=axis, batch_dims=0)
    return x


def _coordinate(call: Call, i: int, old: int, new: int, scale: float, where: str) -> float:
    """Where output `i` lies in the input."""
    if where in ("half_pixel", "half_pixel_symmetric"):
        at = (i + 0.5) / scale - 0.5
        if where == "half_pixel_symmetric":
            adjustment = new / (scale * old)
            at = old / 2 * (1 - adjustment) + at
    elif where == "pytorch_half_pixel":
        at = (i + 0.5) / scale - 0.5 if new > 1 else 0.0
    elif where == "asymmetric":
        at = i / scale
    elif where == "align_corners":
        # the length before it was rounded down to whole pixels
        at = i * (old - 1) / (scale * old - 1) if scale * old != 1 else 0.0
    else:
        raise call.unsupported(f"coordinate_transformation_mode '{where}' is not supported.", "Use half_pixel.")
    return at


def _source(call: Call, i: int, old: int, new: int, scale: float, where: str, rounding: str) -> int:
    at = _coordinate(call, i, old, new, scale, where)
    if rounding == "round_prefer_floor":
        pick = math.ceil(at - 0.5)
    elif rounding == "round_prefer_ceil":
        pick = math.floor(at + 0.5)
    else:
        pick = math.floor(at) if rounding == "floor" else math.ceil(at)
    return min(max(pick, 0), old - 1)


def _scale(call: Call, axis: int, old: int, new: int) -> float:
    """The given scale, which need not be the ratio of the sizes."""
    scales = _scales(call)
    if scales is None:
        return new / old
    axes = call.integers("axes")
    chosen = list(range(4)) if axes is None else [a % 4 for a in axes]
    return scales[chosen.index(axis)] if axis in chosen else 1.0


def _scales(call: Call) -> tuple[float, ...] | None:
    if call.node.op_type == "Upsample" or call.opset < 11:
        if call.has(1):
            return tuple(float(v) for v in call.constant(1, "scales").reshape(-1))
        value = call.attribute("scales")
        return tuple(float(v) for v in value) if isinstance(value, tuple) else None  # type: ignore[arg-type]
    if not call.has(2):
        return None
    return tuple(float(v) for v in call.constant(2, "scales").reshape(-1)) or None


def _sizes(call: Call, shape: Shape) -> Shape:
    """The output's shape, from scales or sizes, over all dimensions or those in `axes`."""
    axes = call.integers("axes")
    chosen = list(range(len(shape))) if axes is None else [call.axis(a, len(shape)) for a in axes]
    scales = _scales(call)
    result = list(shape)
    if scales is not None:
        if len(scales) != len(chosen) or not all(0 < s < 2**20 for s in scales):
            raise call.damaged(f"scales {scales} do not fit {shape}")
        for axis, scale in zip(chosen, scales, strict=True):
            result[axis] = math.floor(shape[axis] * scale)
    elif call.has(3):
        sizes = call.constant_ints(3, "sizes")
        if len(sizes) != len(chosen):
            raise call.damaged(f"sizes {sizes} do not fit {shape}")
        if call.text("keep_aspect_ratio_policy", "stretch") != "stretch":
            raise call.unsupported("keep_aspect_ratio_policy is not supported.", "Use stretch.")
        for axis, size in zip(chosen, sizes, strict=True):
            result[axis] = size
    else:
        raise call.damaged("has neither scales nor sizes")
    if any(not 1 <= d < 2**31 for d in result):
        raise call.damaged(f"the size {tuple(result)} is not valid")
    return tuple(result)


IMPORTERS: dict[tuple[str, str], Callable[[Call], None]] = {("", "Resize"): resize, ("", "Upsample"): resize}
