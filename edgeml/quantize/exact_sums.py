"""Scales of sums moved by a few units of their last place, so that LiteRT and ONNX Runtime round every sum alike.

LiteRT adds int8 values with multipliers of 21 bits and rounds halves up; ONNX Runtime adds in float32, in an order that
depends on the processor, and rounds to even. A sum of two codes has 65,536 cases, so that all can be tried: of the
output scales near the chosen one, the first is taken that leaves every exact sum so far from a half that float32 cannot
err, and where LiteRT's multipliers do not err either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from edgeml.ir import BoundNode, DType, Graph, Numerics, Quantization, Tensor, TensorType
from edgeml.ops import OPS
from edgeml.ops.add import sum_s8
from edgeml.ops.elementwise import BinaryAttrs

SIGNS = {"add": 1, "sub": -1}
# units of the last place from one scale that is tried to the next, and how many are tried: within 1 in 4,000
_STEP, _TRIES = 16, 201
# cases nearer to a half than this, in output steps, are looked at: multipliers are off by 2^-21 of themselves at most
_NEAR = 5e-4
# sums of a few hundred steps, in float32 and in any order, are off by less than this: a unit of their last place
_FLOAT_ERROR = 2.0**-15
_CODES = np.arange(-128, 128)


def exact_sums(
    graph: Graph, chosen: Mapping[str, Quantization], groups: Sequence[Sequence[str]]
) -> dict[str, Quantization]:
    """`chosen` (by activation) with other scales for outputs of sums that need them.

    `groups` are activations that share a quantisation: they move together. A sum keeps its scale where the scale is an
    operator's own, a graph input's or that of an earlier sum, and where none of the neighbours helps.
    """
    found = dict(chosen)
    together = {name: group for group in groups for name in group}
    settled = set(graph.given)
    for node in graph.nodes:
        fixed = OPS[node.op].fixed(DType.INT8)
        settled.update(node.outputs if fixed is not None else ())
    for bound in graph.bound():
        names = _activations(bound)
        if names is None or not set(names) <= set(found):
            continue
        first, second, output = names
        group = together[output]
        if not settled.intersection(group) and not {first, second}.intersection(group):
            scale = agreed_scale(bound, found[first], found[second], found[output])
            if scale is not None:
                zero_point = found[output].zero_point[0]
                found.update(dict.fromkeys(group, Quantization.per_tensor(scale, zero_point)))
        for name in names:
            settled.update(together[name])
    return found


def agreed_scale(bound: BoundNode, a: Quantization, b: Quantization, y: Quantization) -> float | None:
    """The scale next to that of `y` with which both runtimes give the same code for all codes of the operands; None
    where there is none."""
    first = np.float32(y.scale[0]).view(np.int32)
    for i in range(_TRIES):
        step = _STEP * ((i + 1) // 2) * (1 if i % 2 else -1)
        scale = float((first + np.int32(step)).view(np.float32))
        if not doubtful(bound, a, b, Quantization.per_tensor(scale, y.zero_point[0])):
            return scale
    return None


def doubtful(bound: BoundNode, a: Quantization, b: Quantization, y: Quantization) -> int:
    """How many sums of codes float32 may round either way, or LiteRT rounds wrong."""
    sign, zero = SIGNS[bound.node.op], y.zero_point[0]
    ratio_a, ratio_b = (float(q.scale[0]) / float(y.scale[0]) for q in (a, b))
    exact = (_CODES - a.zero_point[0])[:, None] * ratio_a + (_CODES - b.zero_point[0]) * (sign * ratio_b) + zero
    distance = np.abs(exact - np.floor(exact) - 0.5)
    # what saturates by more than a step does so everywhere
    near = (distance < _NEAR * max(1.0, ratio_a, ratio_b)) & (exact > -130) & (exact < 129)
    rows, columns = np.nonzero(near)
    first, second, output = (
        Tensor(name, TensorType((len(rows),), DType.INT8, q)) for name, q in zip("aby", (a, b, y), strict=True)
    )
    node = replace(bound.node, attrs=BinaryAttrs())
    case = replace(bound, node=node, inputs=(first, second), outputs=(output,))
    got = sum_s8(case, _CODES[rows].astype(np.int8), _CODES[columns].astype(np.int8), sign)
    wrong = got != np.clip(np.floor(exact[near] + 0.5), -128, 127)
    return int(np.count_nonzero(wrong | (distance[near] < _FLOAT_ERROR)))


def _activations(bound: BoundNode) -> tuple[str, str, str] | None:
    """Names of the operands and the output of a sum whose rounding is LiteRT's; None for other nodes."""
    if bound.node.op not in SIGNS or bound.numerics is Numerics.TFLM or bound.output.dtype is not DType.FLOAT32:
        return None
    a, b = bound.input(0), bound.input(1)
    return None if a.is_constant or b.is_constant else (a.name, b.name, bound.output.name)
