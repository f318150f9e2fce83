"""A small keyword spotter that streams: frames go through C, LiteRT and an emulated core as through the interpreter."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends import c99, litert
from edgeml.frontends.litert import from_litert
from edgeml.interpreter import run_stream
from edgeml.ir import Array, DType, Graph, GraphBuilder, Quantization, verify
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.concatenation import ConcatenationAttrs
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.ops.softmax import SoftmaxAttrs
from edgeml.ops.strided_slice import StridedSliceAttrs
from edgeml.ops.svdf import SvdfAttrs
from edgeml.quantize import quantize, quantize_input
from edgeml.targets.host import HostTarget
from edgeml.targets.litert_runtime import LiteRTTarget

Q = Quantization.per_tensor
FRAMES = 40
needs_host_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def svdf_spotter() -> Graph:
    """int8: two SVDF layers with int16 states, a dense layer and a softmax over four words."""
    rng = np.random.default_rng(11)
    b = GraphBuilder("svdf spotter", OPS)
    value, scale = b.input("features", (1, 20), DType.INT8, Q(0.04, -3)), 0.04
    for layer, (units, rank, memory) in enumerate(((12, 2, 8), (10, 1, 6))):
        filters, size = units * rank, b.build([value]).tensor(value).shape[1]
        feature = b.constant(f"feature{layer}", rng.integers(-127, 128, (filters, size)).astype(np.int8), Q(0.006, 0))
        wide = rng.integers(-32767, 32768, (filters, memory)).astype(np.int16)
        time = b.constant(f"time{layer}", wide, Q(2e-5, 0))
        bias = b.constant(f"bias{layer}", rng.integers(-9000, 9000, units).astype(np.int32), Q(2e-5 * 5e-4, 0))
        state = b.state(f"state{layer}", (1, filters * memory), DType.INT16, Q(5e-4, 0))
        scale = 0.03
        value, new = b.add_many(
            "svdf",
            [value, feature, time, bias, state],
            SvdfAttrs(rank, Activation.RELU),
            name=f"svdf{layer}",
            outputs=(f"svdf{layer}", f"new{layer}"),
            quantization=[Q(scale, -128), Q(5e-4, 0)],
        )
        b.next_state(state, new)
    w = b.constant("w", rng.integers(-127, 128, (4, 10)).astype(np.int8), Quantization.per_channel([0.01] * 4, 0))
    logits = b.add("fully_connected", [value, w, ""], FullyConnectedAttrs(), name="logits", quantization=Q(0.05, 0))
    words = b.add("softmax", [logits], SoftmaxAttrs(1.0), name="words", quantization=Q(1 / 256, -128))
    return verify(b.build([words], ["silence", "other", "yes", "no"]), OPS)


def conv_spotter() -> Graph:
    """float32: a ring of the last six frames as one state, a convolution over them, and the mean of its maps."""
    rng = np.random.default_rng(12)
    b = GraphBuilder("conv spotter", OPS)
    frame, ring = b.input("features", (1, 10)), b.state("ring", (1, 6, 10, 1))
    kept = b.add("strided_slice", [ring], StridedSliceAttrs((0, 1, 0, 0), (1, 5, 10, 1), (1, 1, 1, 1)), name="kept")
    newest = b.add("reshape", [frame], ReshapeAttrs((1, 1, 10, 1)), name="newest")
    window = b.add("concatenation", [kept, newest], ConcatenationAttrs(1), name="window")
    b.next_state(ring, window)
    w = b.constant("w", (rng.normal(size=(5, 3, 3, 1)) * 0.4).astype(np.float32))
    bias = b.constant("b", rng.normal(size=5).astype(np.float32))
    attrs = Conv2DAttrs(stride=(1, 2), activation=Activation.RELU)
    maps = b.add("conv_2d", [window, w, bias], attrs, name="maps")
    flat = b.add("reshape", [maps], ReshapeAttrs((1, 4 * 4 * 5)), name="flat")
    dense = b.constant("dense", (rng.normal(size=(3, 80)) * 0.2).astype(np.float32))
    logits = b.add("fully_connected", [flat, dense, ""], FullyConnectedAttrs(), name="logits")
    return verify(b.build([b.add("softmax", [logits], SoftmaxAttrs(1.0), name="words")]), OPS)


def _frames(graph: Graph) -> Array:
    """A slow swing with noise, in the codes of the model's input."""
    size = graph.input_tensors[0].shape[1]
    rng = np.random.default_rng(13)
    swing = np.sin(np.arange(FRAMES)[:, None] / 5 + np.arange(size) / 3) + rng.normal(size=(FRAMES, size)) * 0.3
    return quantize_input(swing.astype(np.float32), graph.input_tensors[0].type)


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    floats = conv_spotter()
    return {
        "svdf": svdf_spotter(),
        "conv_float32": floats,
        "conv_int8": quantize(floats, _frames(floats)).graph,
    }


@needs_host_gcc
@pytest.mark.parametrize("name", ["svdf", "conv_float32", "conv_int8"])
def test_host_and_litert_follow_the_interpreter_frame_by_frame(
    name: str, graphs: dict[str, Graph], tmp_path: Path
) -> None:
    graph = graphs[name]
    x = _frames(graph)
    want = run_stream(graph, {"features": x})["words"]
    assert len(np.unique(want.argmax(axis=1))) > 1, "the stream says more than one word"
    c99.emit(graph, tmp_path / "c")
    model = litert.emit(graph)
    found = {
        "C": HostTarget(tmp_path / "c", "gcc").run_stream([x])[0],
        "LiteRT": LiteRTTarget(model).run_stream([x])[0],
        "read back": run_stream(from_litert(model), {"features": x})["words"],
    }
    for target, got in found.items():
        if want.dtype == np.int8:
            np.testing.assert_array_equal(got, want, err_msg=target)
        else:
            np.testing.assert_allclose(got, want, atol=1e-5, err_msg=target)


@pytest.mark.parametrize("name", ["svdf", "conv_int8"])
def test_the_emulated_core_streams_the_same_bits(name: str, graphs: dict[str, Graph], tmp_path: Path) -> None:
    pytest.importorskip("unicorn", reason="needs unicorn")
    pytest.importorskip("ziglang", reason="needs the zig compiler: pip install ziglang")
    from edgeml.targets.emulator import EmulatedTarget

    graph = graphs[name]
    x = _frames(graph)
    c99.emit(graph, tmp_path / "c")
    target = EmulatedTarget(tmp_path / "c", "cortex-m4")
    np.testing.assert_array_equal(target.run_stream(x), run_stream(graph, {"features": x})["words"])
