"""conv_2d and fully_connected with vectors of int32 that take four products at a time: kernels/conv_2d_simd_s8.h."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.backends.c99.selection.kernel import Weighted
from edgeml.backends.c99.selection.machine import Machine
from edgeml.backends.c99.selection.packing import folded_bias, pad_to
from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Operand, ParamValue, Result, Scratch, Table
from edgeml.ops.convolution import conv_scales

# EDGEML_CONV_2D_SIMD_RUNS
_RUNS = 64
# pixels of a 1x1 convolution that are taken together
_PIXELS = 144
BLOCK = 16


class Simd(Weighted):
    """A weighted kernel of simd.h, under the litert rule."""

    needs = frozenset({"simd"})

    def limit(self, bound: BoundNode) -> str:
        return "litert numerics only" if bound.numerics is not Numerics.LITERT else ""


def both_biases(bound: BoundNode, axes: tuple[int, ...]) -> tuple[Array, Array]:
    """int32 biases for unsigned x, which are 128 more, and for signed x; `axes` of the weights are summed."""
    w = bound.input(1).data
    assert w is not None
    signed = folded_bias(bound, axes)
    return (signed.astype(np.int64) - 128 * w.astype(np.int64).sum(axis=axes).ravel()).astype(np.int32), signed


def _tables(bound: BoundNode, axes: tuple[int, ...]) -> tuple[Table, Table]:
    """Biases and scales, padded to whole blocks."""
    bias = np.stack([pad_to(b, 0, BLOCK) for b in both_biases(bound, axes)])
    return Table("bias", bias.ravel()), Table("scale", pad_to(conv_scales(bound), 0, BLOCK))


class Conv2DSimd(Simd):
    """Tiles of several pixels by blocks of 16 channels; the window's rows are copied once, with their padding."""

    name = "conv_2d_simd_s8"
    op = "conv_2d"

    def limit(self, bound: BoundNode) -> str:
        if limit := super().limit(bound):
            return limit
        if (runs := _runs(bound)) > _RUNS:
            return f"the window has {runs} runs, the limit is {_RUNS}"
        return ""

    def call(self, bound: BoundNode) -> KernelCall:
        w, params = bound.input(1).data, self.params(bound)
        assert w is not None
        height, width, channels = w.shape[1:]
        runs, run = (1, width * channels) if params["dilation_w"] == 1 else (width, channels)
        params |= {"kernel_w": runs, "run": run, **_image(bound)}
        reach = (width - 1) * _int(params, "dilation_w") + 1
        params["columns"] = (_int(params, "output_w") - 1) * _int(params, "stride_w") + reach
        rows = (height - 1) * _int(params, "dilation_h") + 1
        scratch = Scratch(rows * (_int(params, "columns") * channels + 4))
        tables = (Table("weights", _packed(w.reshape(len(w), height, runs, run))), *_tables(bound, (1, 2, 3)))
        return KernelCall(self.name, params, (Operand(0), *tables, scratch, Result()), bound.output.shape[0])

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        return OPS[self.op].macs(bound) // 16 + bound.output.type.elements


class FullyConnectedSimd(Simd):
    """The same kernel: each row of the input is a pixel."""

    name = "conv_2d_simd_s8"
    op = "fully_connected"

    def call(self, bound: BoundNode) -> KernelCall:
        w, plain = bound.input(1).data, self.params(bound, "input_size", "output_size")
        assert w is not None
        outputs, inputs = w.shape
        rows = plain.pop("batches")
        params: dict[str, ParamValue] = {
            "input_h": rows, "input_w": 1, "input_c": inputs,
            "kernel_h": 1, "kernel_w": 1, "run": inputs,
            "output_h": rows, "output_w": 1, "output_c": outputs,
            "stride_h": 1, "stride_w": 1, "dilation_h": 1, "dilation_w": 1,
            "pad_top": 0, "pad_left": 0, "columns": 1,
            **plain,
        }  # fmt: skip
        tables = (Table("weights", _packed(w.reshape(outputs, 1, 1, inputs))), *_tables(bound, (1,)))
        return KernelCall(self.name, params, (Operand(0), *tables, Scratch(inputs + 4), Result()))

    def instructions(self, bound: BoundNode, machine: Machine) -> int:
        return OPS[self.op].macs(bound) // 16 + bound.output.type.elements


def _runs(bound: BoundNode) -> int:
    height, width = bound.input(1).shape[1:3]
    dilated: bool = OPS["conv_2d"].attrs(bound).dilation[1] != 1
    return height * width if dilated else height


def _image(bound: BoundNode) -> Mapping[str, int]:
    """The image of a 1x1 convolution as rows of many pixels, which it may be; nothing for others."""
    attrs, x, w = OPS["conv_2d"].attrs(bound), bound.input(0).shape, bound.input(1).shape
    if w[1:3] != (1, 1) or attrs.stride != (1, 1) or any(attrs.padding):
        return {}
    pixels = x[1] * x[2]
    width = max((n for n in range(1, _PIXELS + 1) if pixels % n == 0), default=1)
    if width < x[2]:
        return {}
    return {"input_h": pixels // width, "input_w": width, "output_h": pixels // width, "output_w": width}


def _packed(w: Array) -> Array:
    """(channels, height, runs, run) int8 as (blocks, height, runs, quads, 16, 4)."""
    padded = pad_to(pad_to(w, 0, BLOCK), 3, 4)
    parts = padded.reshape(-1, BLOCK, *padded.shape[1:3], padded.shape[3] // 4, 4)
    return np.ascontiguousarray(parts.transpose(0, 2, 3, 4, 1, 5)).ravel()


def _int(params: Mapping[str, ParamValue], name: str) -> int:
    value = params[name]
    assert isinstance(value, int)
    return value
