"""Layers with int16 activations get the packed kernels where the core has them."""

from __future__ import annotations

import pytest

from edgeml.backends.c99.selection import choose
from edgeml.quantize import Recipe, quantize
from edgeml.targets.cores import CORES
from tests.graphs import images, small_cnn


@pytest.mark.parametrize(
    ("core", "conv", "dense"),
    [
        ("cortex-m4", "conv_2d_dsp_s16", "fully_connected_dsp_s16"),
        ("cortex-m3", "conv_2d_narrow_s16", "fully_connected_narrow_s16"),
    ],
)
def test_the_kernels_of_int16_layers(core: str, conv: str, dense: str) -> None:
    graph = quantize(small_cnn(channels=16), images(16), Recipe(activations="int16")).graph
    chosen = {
        b.node.op: c.call.kernel
        for b, c in zip(graph.bound(), choose(graph, CORES[core].machine, "speed"), strict=True)
    }
    assert (chosen["conv_2d"], chosen["fully_connected"]) == (conv, dense)
