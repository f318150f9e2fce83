"""Reductions, searches and running sums."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.importers.elementwise import binary, square
from edgeml.frontends.onnx.shapes import reduction_axes
from edgeml.ir import DType

Importer = Callable[[Call], None]


def reduced(call: Call, op: str, x: str, axes: tuple[int, ...], keep_dims: bool) -> str:
    """A reduction over ascending axes; one that leaves a gap between its axes is done in blocks."""
    if not axes:
        return x
    blocks = _blocks(axes)
    for block in reversed(blocks):
        x = call.emit(op, [x], axes=block, keep_dims=keep_dims)
    return x


def _blocks(axes: tuple[int, ...]) -> list[tuple[int, ...]]:
    blocks: list[list[int]] = []
    for axis in axes:
        if blocks and axis == blocks[-1][-1] + 1:
            blocks[-1].append(axis)
        else:
            blocks.append([axis])
    return [tuple(b) for b in blocks]


def _reduce(op: str, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> Importer:
    """A reduction with unary operators on either side of it."""

    def read(call: Call) -> None:
        axes = reduction_axes(call)
        x = call.x(0)
        for step in before:
            x = square(call, x) if step == "square" else call.emit(step, [x])
        # without axes the reduction itself is left out, and the operators around it are not
        y = x if axes is None else reduced(call, op, x, axes, bool(call.integer("keepdims", 1)))
        for step in after:
            y = call.emit(step, [y])
        call.result(y)

    return read


def log_sum_exp(call: Call) -> None:
    """log(sum(exp(x - max))) + max: the same without overflow."""
    axes = reduction_axes(call)
    x = call.x(0)
    if axes is None:
        call.result(x)
        return
    keep = bool(call.integer("keepdims", 1))
    top = reduced(call, "reduce_max", x, axes, True)
    total = reduced(call, "sum", call.emit("exp", [binary(call, "sub", x, top)]), axes, keep)
    shape = call.type_of(total)[0]
    call.result(binary(call, "add", call.emit("log", [total]), call.reshape(top, shape)))


def _arg(op: str) -> Importer:
    def read(call: Call) -> None:
        shape = call.shape(0)
        axis = call.axis(call.integer("axis"), len(shape))
        x = call.x(0)
        if call.integer("select_last_index"):
            found = call.emit(op, [_flipped(call, x, axis)], axis=axis, dtype=DType.INT32)
            last = call.new_constant("last", np.asarray(shape[axis] - 1, np.int32))
            found = binary(call, "sub", last, found)
            found = call.emit("cast", [found], dtype=DType.INT64)
        else:
            found = call.emit(op, [x], axis=axis, dtype=DType.INT64)
        if call.integer("keepdims", 1):
            found = call.reshape(found, (*shape[:axis], 1, *shape[axis + 1 :]))
        call.result(found)

    return read


def _flipped(call: Call, x: str, axis: int) -> str:
    shape = call.type_of(x)[0]
    return call.emit(
        "strided_slice",
        [x],
        begin=tuple(d - 1 if i == axis else 0 for i, d in enumerate(shape)),
        size=shape,
        stride=tuple(-1 if i == axis else 1 for i in range(len(shape))),
    )


def cumsum(call: Call) -> None:
    """Running sums along a constant axis."""
    axis = call.axis(call.constant_ints(1, "axis")[0], len(call.shape(0)))
    exclusive, reverse = bool(call.integer("exclusive")), bool(call.integer("reverse"))
    call.result(call.emit("cumsum", [call.x(0)], axis=axis, exclusive=exclusive, reverse=reverse))


def _powered(call: Call, x: str, p: int) -> str:
    """|x| or x * x."""
    return call.emit("abs", [x]) if p == 1 else square(call, x)


def lp_pool_global(call: Call) -> None:
    """GlobalLpPool with p 1 or 2."""
    rank, p = len(call.shape(0)), call.integer("p", 2)
    if p not in (1, 2):
        raise call.unsupported(f"p must be 1 or 2. Got {p}.")
    powered = _powered(call, call.x(0), p)
    y = reduced(call, "sum", powered, tuple(range(2, rank)), True)
    call.result(y if p == 1 else call.emit("sqrt", [y]))


def lp_normalization(call: Call) -> None:
    """x / norm over one axis; 0 where the norm is 0."""
    axis = call.axis(call.integer("axis", -1), len(call.shape(0)))
    p = call.integer("p", 2)
    if p not in (1, 2):
        raise call.unsupported(f"p must be 1 or 2. Got {p}.")
    x = call.x(0)
    norm = reduced(call, "sum", _powered(call, x, p), (axis,), True)
    if p == 2:
        norm = call.emit("sqrt", [norm])
    tiny = call.new_constant("tiny", np.asarray(np.finfo(np.float32).tiny, np.float32))
    call.result(binary(call, "div", x, binary(call, "maximum", norm, tiny)))


IMPORTERS: dict[tuple[str, str], Importer] = {
    ("", "ReduceMean"): _reduce("mean"),
    ("", "ReduceSum"): _reduce("sum"),
    ("", "ReduceMax"): _reduce("reduce_max"),
    ("", "ReduceMin"): _reduce("reduce_min"),
    ("", "ReduceProd"): _reduce("reduce_prod"),
    ("", "ReduceL1"): _reduce("sum", ("abs",)),
    ("", "ReduceL2"): _reduce("sum", ("square",), ("sqrt",)),
    ("", "ReduceSumSquare"): _reduce("sum", ("square",)),
    ("", "ReduceLogSum"): _reduce("sum", (), ("log",)),
    ("", "ReduceLogSumExp"): log_sum_exp,
    ("", "ArgMax"): _arg("arg_max"),
    ("", "ArgMin"): _arg("arg_min"),
    ("", "CumSum"): cumsum,
    ("", "GlobalLpPool"): lp_pool_global,
    ("", "LpNormalization"): lp_normalization,
}
