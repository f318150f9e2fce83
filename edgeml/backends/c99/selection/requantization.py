"""The integer forms of a node's requantisation, and what to say of them."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, Table
from edgeml.ops.convolution import conv_scales, sum_range
from edgeml.ops.integer_form import integer_form
from edgeml.ops.short_form import short_form

# what is added to the bias, the shift, and the tables of the forms and of the scales that stand in for them
Forms = tuple[Array, int, Table, Table]


def long_forms(bound: BoundNode, axes: tuple[int, ...], low: int, high: int) -> Forms:
    """The forms of a weighted node, with a 32x32->64 multiplication.

    Its weights are summed over `axes`, [low, high] clamps.
    """
    scales = conv_scales(bound)
    form = integer_form(scales, bound.output.type.zero_point, low, high, *sum_range(bound, axes))
    return form.offset, form.shift, *form.tables(scales)


def short_forms(bound: BoundNode, axes: tuple[int, ...], low: int, high: int) -> Forms:
    """The same without a 32x32->64 multiplication."""
    scales = conv_scales(bound)
    form = short_form(scales, bound.output.type.zero_point, low, high, *sum_range(bound, axes))
    return np.zeros_like(form.addend), 0, *form.tables(scales)


def summary(call: KernelCall) -> str:
    """What became of a call's requantisation, in a few words; empty for a kernel without integer forms."""
    for arg in call.args:
        if isinstance(arg, Table) and arg.c_type == "edgeml_rescale":
            return proof(arg.data[:, 0] != 0)
    return call.note


def proof(proved: Array) -> str:
    """The channels that take the integer form, in a few words."""
    total, failed = len(proved), int((~proved).sum())
    if failed:
        return f"float: {failed} of {total} channels have no exact integer form"
    return f"integer, proved for {total} of {total} channels"
