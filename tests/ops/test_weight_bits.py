from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeml.ir import BoundNode, Quantization
from edgeml.ops.weight_bits import saved_bytes, weight_bits
from tests.contract.cases import CASES


def _node(op: str, codes: list[int] | None = None, zero_point: int = 0) -> BoundNode:
    graph = CASES[op](np.random.default_rng(1), True)
    bound = next(iter(graph.bound()))
    if codes is None:
        return bound
    w = bound.input(1)
    q = Quantization.per_tensor(0.01, zero_point) if zero_point else w.quantization
    data = np.resize(np.array(codes, np.int8), w.shape)
    return replace(bound, inputs=(bound.input(0), replace(w, data=data, type=replace(w.type, quantization=q)), None))


@pytest.mark.parametrize("op", ["conv_2d", "depthwise_conv_2d", "fully_connected"])
def test_codes_within_seven_need_four_bits(op: str) -> None:
    few, more = _node(op, [-7, 7]), _node(op, [-8])
    assert (weight_bits(few), weight_bits(more), weight_bits(_node(op, [0]))) == (4, 8, 8)
    assert (saved_bytes(few), saved_bytes(more)) == (few.input(1).type.elements // 2, 0)


def test_asymmetric_weights_and_other_operators_have_none() -> None:
    assert weight_bits(_node("fully_connected", [1, 2], zero_point=3)) == 8
    assert weight_bits(_node("add")) == 0
