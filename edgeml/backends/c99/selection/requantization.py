"""The integer forms of a node's requantisation, and what to say of them."""

from __future__ import annotations

from edgeml.ir import Array, BoundNode
from edgeml.ops.base import KernelCall, Table
from edgeml.ops.convolution import conv_scales, sum_range
from edgeml.ops.integer_form import IntegerForm, integer_form
from edgeml.ops.short_form import ShortForm, short_form


def node_form(bound: BoundNode, axes: tuple[int, ...], low: int, high: int) -> IntegerForm:
    """The form of a convolution or fully connected node; its weights are summed over `axes`, [low, high] clamps."""
    below, above = sum_range(bound, axes)
    return integer_form(conv_scales(bound), bound.output.type.zero_point, low, high, below, above)


def short_node_form(bound: BoundNode, axes: tuple[int, ...], low: int, high: int) -> ShortForm:
    """The form of a convolution or fully connected node; its weights are summed over `axes`, [low, high] clamps."""
    below, above = sum_range(bound, axes)
    return short_form(conv_scales(bound), bound.output.type.zero_point, low, high, below, above)


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
