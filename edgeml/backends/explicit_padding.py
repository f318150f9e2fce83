"""Padding that a format cannot say on a window operator becomes a `pad` operator before it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from edgeml.ir import BoundNode, Graph, Node, Tensor, TensorType, verify
from edgeml.ops import OPS
from edgeml.ops.common import NO_PADDING, same_padding_2d
from edgeml.ops.pad import PadAttrs
from edgeml.ops.strided_slice import StridedSliceAttrs
from edgeml.ops.transpose_conv import litert_padding

_CONVOLUTIONS = ("conv_2d", "depthwise_conv_2d")


def split_padding(graph: Graph) -> Graph:
    """Rewrite convolutions whose padding is neither SAME nor VALID as pad and VALID convolution.

    A transposed convolution becomes a VALID one, of whose output a slice cuts off the padding.
    """
    nodes: list[Node] = []
    changed: dict[str, Tensor] = {}
    for bound in graph.bound():
        if bound.node.op in _CONVOLUTIONS and not _spellable(bound):
            pad, tensor = _pad(graph, bound)
            changed[tensor.name] = tensor
            attrs = replace(_attrs(bound), padding=NO_PADDING)
            nodes += [pad, replace(bound.node, inputs=(tensor.name, *bound.node.inputs[1:]), attrs=attrs)]
        elif bound.node.op == "transpose_conv" and litert_padding(bound) is None and min(_attrs(bound).padding) >= 0:
            crop, tensor = _crop(graph, bound)
            changed[tensor.name] = tensor
            attrs = replace(_attrs(bound), padding=NO_PADDING)
            nodes += [replace(bound.node, outputs=(tensor.name,), attrs=attrs), crop]
        else:
            nodes.append(bound.node)
    return verify(graph.with_nodes(tuple(nodes), changed), OPS) if changed else graph


def _attrs(bound: BoundNode) -> Any:
    return bound.node.attrs


def _spellable(bound: BoundNode) -> bool:
    attrs = _attrs(bound)
    w = bound.input(1).shape
    same = same_padding_2d(bound.input(0).shape, (w[1], w[2]), attrs.stride, attrs.dilation)
    return attrs.padding in (NO_PADDING, same)


def _pad(graph: Graph, bound: BoundNode) -> tuple[Node, Tensor]:
    top, bottom, left, right = _attrs(bound).padding
    x = bound.input(0)
    n, h, w, c = x.shape
    name = f"{bound.name}/pad"
    while name in graph.tensors:
        name += "_"
    type_ = TensorType((n, h + top + bottom, w + left + right, c), x.dtype, x.quantization)
    attrs = PadAttrs(((0, 0), (top, bottom), (left, right), (0, 0)))
    return Node("pad", name, (x.name,), (name,), attrs), Tensor(name, type_)


def _crop(graph: Graph, bound: BoundNode) -> tuple[Node, Tensor]:
    """The slice that cuts the padding off, and the tensor that it cuts."""
    top, bottom, left, right = _attrs(bound).padding
    y = bound.output
    n, h, w, c = y.shape
    name = f"{bound.name}/full"
    while name in graph.tensors:
        name += "_"
    attrs = StridedSliceAttrs((0, top, left, 0), y.shape, (1, 1, 1, 1))
    full = TensorType((n, h + top + bottom, w + left + right, c), y.dtype, y.quantization)
    return Node("strided_slice", f"{name}/cut", (name,), (y.name,), attrs), Tensor(name, full)
