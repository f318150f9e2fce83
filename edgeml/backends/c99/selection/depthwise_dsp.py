"""depthwise_conv_2d with packed products, from planes of int16 pairs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from edgeml.backends.c99.accesses import Overlap, margin
from edgeml.backends.c99.selection.float_form import RESULT_LIMIT, float_scales
from edgeml.backends.c99.selection.kernel import Weighted
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import folded_bias, largest_result
from edgeml.ir import Array, BoundNode
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Operand, ParamValue, Result, Scratch, Table
from edgeml.ops.common import fused_range_s8
from edgeml.ops.convolution import conv_scales, sum_range
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.ops.integer_form import IntegerForm, integer_form

_WINDOW = (0, 1, 2)  # the weights' axes of which every output channel has its own sum
# instructions that a byte of scratch is worth where the height of a band is chosen
_PER_SCRATCH_BYTE = 16


@dataclass(frozen=True)
class Axis:
    """One axis of the image: sizes, and bytes from one element to the next."""

    input: int
    output: int
    kernel: int
    stride: int
    dilation: int
    pad: int
    x_step: int
    y_step: int

    @property
    def window(self) -> int:
        """Elements from the first to behind the last of a window."""
        return (self.kernel - 1) * self.dilation + 1

    def span(self, outputs: int) -> int:
        """Elements of the padded input under `outputs` neighbouring outputs."""
        return (outputs - 1) * self.stride + self.window


@dataclass(frozen=True)
class Tiling:
    """How an image is taken: `rows` in bands of `band` outputs, pairs along `columns`; the planes' sizes in words."""

    rows: Axis
    columns: Axis
    band: int
    pitch: int
    transposed: bool

    def filters(self, w: Array) -> Array:
        """Weights (KH, KW, outputs) with the kernel's rows first."""
        return w.swapaxes(0, 1) if self.transposed else w

    @property
    def slots(self) -> int:
        """Rows of a plane."""
        return self.rows.span(self.band)

    @property
    def bands(self) -> int:
        return -(-self.rows.output // self.band)

    @property
    def scratch(self) -> int:
        """Bytes of four planes."""
        return 16 * self.slots * self.pitch

    @property
    def used_columns(self) -> int:
        """Columns of x that the planes hold."""
        return max(0, min(self.columns.input, 2 * self.pitch - self.columns.pad))

    def expansion(self, channels: int) -> int:
        """Instructions that bring x into the planes."""
        first = self.columns.pad & 1
        words = first + -(-(self.used_columns - first) // 2)
        rows = padded = 0
        for band in range(self.bands):
            outputs = min(self.band, self.rows.output - band * self.band)
            start = band * self.band * self.rows.stride - self.rows.pad
            span = range(start, start + self.rows.span(outputs))
            inside = len(range(max(span.start, 0), min(span.stop, self.rows.input)))
            rows, padded = rows + inside, padded + len(span) - inside
        fills = padded * self.pitch * 16 if self.bands > 1 else 0
        group = self.bands * 90 + rows * (18 + words * 15) + fills
        return 4 * self.slots * self.pitch * 4 + -(-channels // 4) * group


def axes(bound: BoundNode) -> tuple[Axis, Axis]:
    """Height and width of the node's image."""
    attrs, x, w, y = bound.node.attrs, bound.input(0).shape, bound.input(1).shape, bound.output.shape
    assert isinstance(attrs, DepthwiseConv2DAttrs)
    height, width = (
        Axis(
            x[d + 1],
            y[d + 1],
            w[d + 1],
            attrs.stride[d],
            attrs.dilation[d],
            attrs.padding[2 * d],
            math.prod(x[d + 2 :]),
            math.prod(y[d + 2 :]),
        )
        for d in range(2)
    )
    return height, width


def _clamp(bound: BoundNode) -> int:
    """Instructions for an activation's range that is narrower than int8."""
    attrs = bound.node.attrs
    assert isinstance(attrs, DepthwiseConv2DAttrs)
    full = fused_range_s8(bound, attrs.activation) == (-128, 127)
    return 0 if full else 13 * math.prod(bound.output.shape[1:])


class DepthwiseDsp(Weighted):
    """What the packed depthwise kernels share."""

    op = "depthwise_conv_2d"
    needs = frozenset({"dsp"})

    def takes_columns(self, axis: Axis) -> bool:
        """Whether the kernel can take pairs along this axis."""
        raise NotImplementedError

    def pitch(self, columns: Axis) -> int:
        """Words of a row in a plane."""
        raise NotImplementedError

    def tiled(self, bound: BoundNode, tiling: Tiling) -> int:
        """Estimated instructions."""
        raise NotImplementedError

    def limit(self, bound: BoundNode) -> str:
        if bound.input(0).shape[3] < 4:
            return "fewer than 4 channels"
        if (largest := largest_result(bound, _WINDOW)) >= RESULT_LIMIT:
            return f"results reach {largest:,.0f} steps, the limit is {RESULT_LIMIT:,}"
        return ""

    def tilings(self, bound: BoundNode) -> Iterator[Tiling]:
        """Every way to take the image that the kernel allows."""
        height, width = axes(bound)
        for rows, columns, transposed in ((height, width, False), (width, height, True)):
            if self.takes_columns(columns):
                for bands in range(1, rows.output + 1):
                    band = -(-rows.output // bands)
                    if bands == 1 or band < -(-rows.output // (bands - 1)):
                        yield Tiling(rows, columns, band, self.pitch(columns), transposed)

    def tiling(self, bound: BoundNode) -> Tiling:
        """The best of them: instructions, and scratch at a price."""
        return min(self.tilings(bound), key=lambda t: self.tiled(bound, t) + _PER_SCRATCH_BYTE * t.scratch)

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        return bound.output.shape[0] * self.tiled(bound, self.tiling(bound))

    def accesses(self, bound: BoundNode, call: KernelCall) -> tuple[Overlap, ...]:
        """All x of four channels under a band is read, then their y is written; band after band.

        With as many channels in y as in x, and both at the same place of a pixel, the other channels stay untouched.
        """
        if call.repeat > 1:
            return ()
        tiling, channels = self.tiling(bound), bound.input(0).shape[3]
        rows, columns = tiling.rows, tiling.columns
        ends = np.minimum(np.arange(1, tiling.bands + 1) * tiling.band, rows.output)
        starts = np.minimum(np.maximum(ends * rows.stride - rows.pad, 0), rows.input - 1)
        # bytes written in all, and the first one that is still read, after each band
        written = (ends - 1) * rows.y_step + (columns.output - 1) * columns.y_step + bound.output.shape[3]
        live = starts * rows.x_step
        if bound.output.shape[3] == channels:
            live[-1] = bound.input(0).type.nbytes
            return (Overlap(0, 0, margin(live, written), channels),)
        return (Overlap(0, 0, margin(np.append(0, live[:-1]), written)),)

    def plane_params(self, bound: BoundNode, tiling: Tiling) -> dict[str, ParamValue]:
        """Fields of `edgeml_depthwise_planes_params`."""
        plain = OPS[self.op].kernel(bound)
        rows, columns = tiling.rows, tiling.columns
        same = ("multiplier", "input_zero_point", "output_zero_point", "activation_min", "activation_max")
        return {
            "channels": plain.params["input_c"],
            "input_h": rows.input, "columns": tiling.used_columns,
            "x_row": rows.x_step, "x_column": columns.x_step,
            "output_h": rows.output, "output_w": columns.output,
            "y_row": rows.y_step, "y_column": columns.y_step,
            "stride_h": rows.stride, "stride_w": columns.stride,
            "window_h": rows.window, "dilation_h": rows.dilation,
            "pad_top": rows.pad, "pad_left": columns.pad,
            "band_h": tiling.band, "pitch": tiling.pitch,
            **{name: plain.params[name] for name in same},
        }  # fmt: skip


class Depthwise3x3Dsp(DepthwiseDsp):
    """3x3 windows, stride 1 or 2 along the pairs: two outputs take 12 multiply instructions."""

    name = "depthwise_3x3_dsp_s8"

    def takes_columns(self, axis: Axis) -> bool:
        return axis.stride in (1, 2) and axis.dilation == 1

    def refusal(self, bound: BoundNode, machine: Machine) -> str:
        if bound.input(1).shape[1:3] != (3, 3):
            return "3x3 windows only"
        if not any(self.takes_columns(axis) for axis in axes(bound)):
            return "stride 1 or 2 without dilation along one axis only"
        return super().refusal(bound, machine)

    def limit(self, bound: BoundNode) -> str:
        if limit := super().limit(bound):
            return limit
        whole, decimal = _proved(bound)[0], float_scales(bound, _WINDOW)[1]
        return "" if (whole | decimal).all() else "a tie between two results cannot be avoided"

    def pitch(self, columns: Axis) -> int:
        # with stride 1 an even number of outputs is computed; a word more than the last begins with is read
        return -(-columns.output // 2) + 1 if columns.stride == 1 else columns.output + 1

    def call(self, bound: BoundNode) -> KernelCall:
        tiling = self.tiling(bound)
        w, scales = bound.input(1).data, float_scales(bound, _WINDOW)[0]
        assert w is not None
        proved, form = _proved(bound)
        places = np.maximum(np.cumsum(~proved) - 1, 0)
        bias = folded_bias(bound, _WINDOW).astype(np.int64) + np.where(proved, form.offset, 0)
        filters = tiling.filters(w[0]).reshape(9, -1).T.ravel()
        tables = (
            Table("weights", np.append(filters, np.zeros(3, np.int8)).astype(np.int8)),
            Table("bias", bias.astype(np.int32)),
            Table("factor", np.where(proved, form.multiplier, -places).astype(np.int32)),
            Table("scale", scales[~proved] if not proved.all() else scales[:1], "edgeml_scale"),
        )
        args = (Operand(0), *tables, Scratch(tiling.scratch), Result())
        return KernelCall(self.name, self.plane_params(bound, tiling), args, bound.output.shape[0])

    def tiled(self, bound: BoundNode, tiling: Tiling) -> int:
        columns = tiling.columns
        pairs, odd = divmod(columns.output, 2)
        row = 19 + pairs * (28 if columns.stride == 1 else 31) + 19 * odd
        channel = 54 * tiling.bands + tiling.rows.output * row
        return 280 + _clamp(bound) + tiling.expansion(bound.input(0).shape[3]) + bound.output.shape[3] * channel


@lru_cache(maxsize=1)
def _proved(bound: BoundNode) -> tuple[Array, IntegerForm]:
    """Channels with an exact integer form whose addend is that of rounding half up, and all forms; the shift is 1.

    The refusal and the call ask for the same.
    """
    zero_point = bound.output.type.zero_point
    form = integer_form(conv_scales(bound), zero_point, -128, 127, *sum_range(bound, _WINDOW), 1)
    return form.proved & (form.addend == 2 * zero_point + 1), form


class DepthwiseAnyDsp(DepthwiseDsp):
    """Any window: a list of pairs of neighbouring taps, two outputs at a time."""

    name = "depthwise_dsp_s8"

    def takes_columns(self, axis: Axis) -> bool:
        return True

    def pitch(self, columns: Axis) -> int:
        # an even number of outputs is computed
        return -(-columns.span(columns.output + columns.output % 2) // 2)

    def call(self, bound: BoundNode) -> KernelCall:
        tiling = self.tiling(bound)
        w = bound.input(1).data
        assert w is not None
        taps, filters = _taps(tiling), tiling.filters(w[0])
        pairs = np.zeros((filters.shape[2], len(taps), 2), np.int8)
        for i, (row, column, count) in enumerate(taps):
            pairs[:, i, :count] = filters[row, column : column + count].T
        rows, columns = tiling.rows.dilation * tiling.pitch * 4, tiling.columns.dilation * 2
        offsets = [row * rows + column * columns for row, column, _ in taps]
        tables = (
            Table("taps", np.array([len(taps), *offsets], np.int32)),
            Table("weights", pairs),
            Table("bias", folded_bias(bound, _WINDOW)),
            Table("scale", conv_scales(bound), "edgeml_scale"),
        )
        scratch = Scratch(tiling.scratch + 4 + 4 * len(taps))
        args = (Operand(0), *tables, scratch, Result())
        return KernelCall(self.name, self.plane_params(bound, tiling), args, bound.output.shape[0])

    def tiled(self, bound: BoundNode, tiling: Tiling) -> int:
        taps = len(_taps(tiling))
        row = 28 + -(-tiling.columns.output // 2) * (29 + 8 * taps)
        channel = tiling.bands * (30 + 7 * taps) + tiling.rows.output * row
        return 280 + _clamp(bound) + tiling.expansion(bound.input(0).shape[3]) + bound.output.shape[3] * channel


def _taps(tiling: Tiling) -> list[tuple[int, int, int]]:
    """Row and column of the first of each pair of taps, and how many of the pair are there."""
    rows, columns = tiling.rows.kernel, tiling.columns.kernel
    step = 2 if tiling.columns.dilation == 1 else 1
    return [(r, c, min(step, columns - c)) for r in range(rows) for c in range(0, columns, step)]
