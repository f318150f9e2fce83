"""The estimates that kernels are chosen by, against instructions counted in the emulator, layer by layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="needs unicorn")

from edgeml.backends import c99
from edgeml.backends.c99.manifest import LayerEntry
from edgeml.frontends import load
from edgeml.ir import Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.passes import canonicalize
from edgeml.quantize import quantize
from edgeml.targets.boards import resolve_target
from edgeml.targets.emulator import EmulatedTarget

pytestmark = [pytest.mark.needs_gcc]
MODELS = ("kws_ref_model", "pretrainedResnet_quant", "ad01_int8", "str_ww_ref_model")
# an estimate may be off by this factor either way, in layers that take more than so many instructions
FACTOR, SMALL = 2.0, 2000
# and the sum over a model, which the choice between kernels moves, by this
WHOLE = 1.3


def counted(shared: Path, model: str, core: str, folder: Path) -> list[tuple[LayerEntry, int]]:
    """Each layer with its counted instructions."""
    return counted_graph(canonicalize(load(shared / "models" / "mlperf_tiny" / f"{model}.tflite")), core, folder)


def counted_graph(graph: Graph, core: str, folder: Path) -> list[tuple[LayerEntry, int]]:
    """The same of an int8 graph."""
    manifest = c99.emit(graph, folder, machine=resolve_target(core)[0].machine)
    x = np.random.default_rng(0).integers(-128, 128, graph.input_tensors[0].shape).astype(np.int8)
    profile = EmulatedTarget(folder, core, "gcc").profile(x)
    return [(entry, layer.instructions) for entry, layer in zip(manifest.layers, profile.layers, strict=True)]


@pytest.mark.needs_shared
@pytest.mark.parametrize(
    "core", ["cortex-m0plus", "cortex-m4", pytest.param("cortex-m55", marks=pytest.mark.needs_qemu)]
)
@pytest.mark.parametrize("model", MODELS)
def test_estimates_are_near_what_is_counted(shared, model, core, tmp_path):
    layers = counted(shared, model, core, tmp_path / "c")
    wrong = [
        f"{entry.index} {entry.kernel}: {entry.cost['instructions']:,} estimated, {n:,} counted"
        for entry, n in layers
        if n > SMALL and not 1 / FACTOR <= n / entry.cost["instructions"] <= FACTOR
    ]
    assert not wrong, "\n".join(wrong)
    total, estimate = sum(n for _, n in layers), sum(entry.cost["instructions"] for entry, _ in layers)
    assert 1 / WHOLE <= total / estimate <= WHOLE


@pytest.mark.parametrize("channels", [11, 12, 15])
def test_an_odd_channel_costs_what_its_pixels_cost(channels, tmp_path):
    """An estimate that leaves this out takes a kernel that is dearer than another."""
    rng = np.random.default_rng(0)
    b = GraphBuilder("odd", OPS)
    w = b.constant("w", rng.normal(size=(channels, 3, 3, 16)).astype(np.float32))
    y = b.add("conv_2d", [b.input("x", (1, 12, 12, 16)), w, ""], Conv2DAttrs((1, 1), (1, 1, 1, 1)), name="conv")
    graph = quantize(b.build([y]), rng.normal(size=(32, 12, 12, 16)).astype(np.float32)).graph
    layers = counted_graph(graph, "cortex-m4", tmp_path / "c")
    ((entry, count),) = [(e, n) for e, n in layers if e.op == "conv_2d"]
    assert 1 / 1.2 <= count / entry.cost["instructions"] <= 1.2
