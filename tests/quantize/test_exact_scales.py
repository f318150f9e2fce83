"""Weight scales that every channel requantises with exactly by integers."""

from __future__ import annotations

import numpy as np

from edgeml.ir import Array, BoundNode, Graph
from edgeml.ops import OPS
from edgeml.ops.common import fused_range_s8
from edgeml.ops.convolution import conv_scales, sum_range
from edgeml.ops.integer_form import integer_form
from edgeml.ops.short_form import short_form
from edgeml.quantize import Recipe, quantize
from edgeml.quantize.exact_scales import exact_scales
from tests.quantize.networks import near_constant


def _weighted(graph: Graph) -> list[BoundNode]:
    return [b for b in graph.bound() if OPS[b.node.op].weight_axis is not None]


def _proved(bound: BoundNode) -> Array:
    """bool (2, N): the channels with a long and with a short form."""
    axis = OPS[bound.node.op].weight_axis
    ranges = sum_range(bound, tuple(i for i in range(len(bound.input(1).shape)) if i != axis))
    bounds = fused_range_s8(bound, bound.node.attrs.activation)  # type: ignore[attr-defined]
    args = (conv_scales(bound), bound.output.type.zero_point, *bounds, *ranges)
    return np.stack([integer_form(*args).proved, short_form(*args).proved])


def _wide() -> tuple[Graph, Array]:
    """Enough channels that some meet ties."""
    return near_constant(classes=400)


def test_every_channel_gets_a_form_and_keeps_its_codes() -> None:
    graph, x = _wide()
    plain, exact = (quantize(graph, x, Recipe(exact_scales=e)).graph for e in (False, True))
    before, after = (np.concatenate([_proved(b) for b in _weighted(g)], 1) for g in (plain, exact))
    assert not before.all()
    assert after[0].all()
    assert after[1].mean() > max(0.99, before[1].mean())
    for old, new in zip(_weighted(plain), _weighted(exact), strict=True):
        for index in (1, 2):
            a, b = old.optional(index), new.optional(index)
            if a is None or b is None:
                continue
            assert a.data is not None and b.data is not None and a.quantization and b.quantization
            np.testing.assert_array_equal(a.data, b.data)
            np.testing.assert_allclose(a.quantization.scales, b.quantization.scales, rtol=2e-6)


def test_scales_that_are_exact_stay_bit_for_bit() -> None:
    graph, x = _wide()
    exact = quantize(graph, x).graph
    again = exact_scales(exact)
    for old, new in zip(_weighted(exact), _weighted(again), strict=True):
        assert old.input(1).quantization == new.input(1).quantization
