"""Preprocessing folding: scaling and shifting the pixels before the first convolution becomes a part of its weights.

conv(pad(a * x + b)) = conv'(pad'(x)) with weights a * w, bias + sum(b * w), and the padding filled with the x that
gives zero. Not one of the canonical passes: what a model file computes in two steps it should go on computing in two,
bit for bit in float32. A model that is put together here is better off without: in int8 each step would round the
image again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.ir import Array, BoundNode, DType, Graph, Node, Tensor, TensorType
from edgeml.ops.common import NO_PADDING, Activation
from edgeml.ops.pad import PadAttrs
from edgeml.passes.rewrite import sole_consumer

_STEPS = ("mul", "add", "sub", "div")


def fold_preprocessing(graph: Graph) -> Graph:
    """`graph` with the multiplications and additions between its input and a convolution folded into that one.

    The steps must have one constant for all pixels, or one a channel; with padding one x must stand for zero in all
    channels. Anything else stays as it is.
    """
    image = graph.inputs[0]
    name, steps = image, []
    factor: Array = np.ones(())
    offset: Array = np.zeros(())
    while (user := sole_consumer(graph, name)) is not None and user.op in _STEPS:
        bound = graph.bind(user)
        step = _step(bound, name)
        if step is None:
            break
        factor, offset = factor * step[0], offset * step[0] + step[1]
        steps.append(user)
        name = bound.output.name
    if not steps or user is None or user.op != "conv_2d" or user.inputs[0] != name or not np.all(factor):
        return graph
    conv = graph.bind(user)
    attrs: Any = user.attrs
    zero = np.unique((-offset / factor).astype(np.float32))
    if any(attrs.padding) and len(zero) > 1:
        return graph
    tensors = _folded(conv, factor, offset)
    weights, bias = tensors
    source, padded = image, []
    if any(attrs.padding) and zero[0]:
        top, bottom, left, right = attrs.padding
        source = f"{image}/padded"
        grown = PadAttrs(((0, 0), (top, bottom), (left, right), (0, 0)), float(zero[0]))
        _, h, w, c = conv.input(0).shape
        shape = TensorType((1, h + top + bottom, w + left + right, c), DType.FLOAT32)
        padded = [Node("pad", source, (image,), (source,), grown)]
        tensors += (Tensor(source, shape),)
        attrs = replace(attrs, padding=NO_PADDING)
    new = replace(user, inputs=(source, weights.name, bias.name), attrs=attrs)
    nodes = [n if n is not user else new for n in graph.nodes if n not in steps]
    return graph.with_nodes((*padded, *nodes), {t.name: t for t in tensors})


def _step(bound: BoundNode, name: str) -> tuple[Array, Array] | None:
    """Factor and offset, float64 scalars or one a channel, of a node that scales or shifts `name`; else None."""
    a, b = bound.inputs[:2]
    attrs: Any = bound.node.attrs
    if a is None or b is None or attrs.activation is not Activation.NONE or bound.output.shape != _shape(bound, name):
        return None
    first = a.name == name
    constant = b if first else a
    if constant.data is None or constant.dtype is not DType.FLOAT32:
        return None
    c: Array = constant.data.astype(np.float64)
    if c.size != 1 and c.shape[-1] != c.size:
        return None
    c = c.reshape(-1) if c.size > 1 else c.reshape(())
    one, none = np.ones(()), np.zeros(())
    if bound.node.op == "mul":
        return c, none
    if bound.node.op == "add":
        return one, c
    if bound.node.op == "sub":
        return (one, -c) if first else (-one, c)
    return (np.asarray(1 / c), none) if first and np.all(c) else None


def _shape(bound: BoundNode, name: str) -> tuple[int, ...]:
    return next(t.shape for t in bound.inputs if t is not None and t.name == name)


def _folded(conv: BoundNode, factor: Array, offset: Array) -> tuple[Tensor, ...]:
    """Weights (O, KH, KW, C) and bias (O,) of the convolution of plain pixels."""
    w, b = conv.input(1), conv.optional(2)
    assert w.data is not None
    exact = w.data.astype(np.float64)
    bias = (exact * offset).sum(axis=(1, 2, 3))
    if b is not None and b.data is not None:
        bias = bias + b.data
    name = b.name if b is not None else f"{conv.name}/bias"
    return (
        Tensor(f"{w.name}/pixels", TensorType(w.shape, DType.FLOAT32), (exact * factor).astype(np.float32)),
        Tensor(f"{name}/pixels", TensorType((w.shape[0],), DType.FLOAT32), bias.astype(np.float32)),
    )
