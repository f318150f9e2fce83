"""Weights in groups: nothing is lost, and no group's sum leaves 16 bits for any input."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.backends.c99.selection.pixel_pairs import GROUPS, Grouped, grouped, in_groups
from edgeml.ir import Array


def _restored(g: Grouped, size: int) -> Array:
    w = g.weights[:, ::-1].astype(np.int32)
    at = 0
    for channel in w:
        for _ in range(g.extra[at]):
            channel[g.extra.view(np.uint16)[at + 1]] += g.extra[at + 2]
            at += 2
        at += 1
    assert at == len(g.extra)
    assert not w[:, size:].any()
    return w[:, :size]


@pytest.mark.parametrize("group", GROUPS)
@pytest.mark.parametrize("spread", [3, 40, 1000])
def test_groups_keep_all_weights_and_stay_within_16_bits(group: int, spread: int) -> None:
    rng = np.random.default_rng(group)
    w = np.clip(rng.normal(0, spread, (5, 37)), -128, 127).astype(np.int8)
    g = in_groups(w, group)
    np.testing.assert_array_equal(_restored(g, 37), w)
    blocks = g.weights[:, ::-1].reshape(5, -1, group).astype(np.int32)
    up = np.where(blocks > 0, 127 * blocks, -128 * blocks).sum(2)
    down = np.where(blocks > 0, -128 * blocks, 127 * blocks).sum(2)
    assert up.max() < 2**15
    assert down.min() >= -(2**15)


def test_the_cheapest_group_is_taken() -> None:
    ones, ends = np.ones((2, 64), np.int8), np.full((2, 64), -128, np.int8)
    assert grouped(ones, 7, 10, 20).group == 16
    assert grouped(ends, 7, 10, 20).group == 2
    assert grouped(ends, 7, 10, 20).entries == 64
