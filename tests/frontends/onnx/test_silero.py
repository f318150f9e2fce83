"""silero-vad: an `If` on the sample rate, an STFT by convolution, an LSTM whose state goes in and comes out."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from edgeml.backends import c99, litert, onnx
from edgeml.frontends.onnx import from_onnx
from edgeml.interpreter import evaluate
from edgeml.ir import Array
from edgeml.passes import canonicalize
from edgeml.targets.host import HostTarget
from edgeml.targets.litert_runtime import LiteRTTarget

_FOUND = importlib.util.find_spec("silero_vad")
pytestmark = pytest.mark.skipif(_FOUND is None, reason="the silero-vad package is not installed")

RATE = np.array(16000, np.int64)
FRAMES = 4
SIZES = {
    "silero_vad.onnx": {"input:0": 1, "input:1": 576, "state:1": 1},
    "silero_vad_half.onnx": {"batch": 1, "sequence": 576},
    "silero_vad_op18_ifless.onnx": {"batch": 1, "sequence": 576},
}
# float32 sums in another order, through an STFT, four convolutions and the LSTM
TOLERANCE = 1e-5


def _file(name: str) -> Path:
    assert _FOUND is not None and _FOUND.origin is not None
    return Path(_FOUND.origin).parent / "data" / name


def _frames() -> Array:
    """A chirp with noise, 36 ms a frame."""
    rng = np.random.default_rng(1)
    t = np.arange(FRAMES * 576) / 16000
    signal = 0.4 * np.sin(2 * np.pi * (200 + 900 * t) * t) + 0.05 * rng.standard_normal(len(t))
    return signal.astype(np.float32).reshape(FRAMES, 1, 576)


@pytest.mark.parametrize("name", SIZES)
def test_every_target_follows_onnx_runtime_frame_by_frame(name: str, tmp_path: Path) -> None:
    data = _file(name).read_bytes()
    original = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    takes_rate = any(i.name == "sr" for i in original.get_inputs())
    bind = {"sr": RATE} if takes_rate else {}
    graph = canonicalize(from_onnx(data, name, "silero", bind=bind, sizes=SIZES[name]))
    assert set(graph.inputs) == {"input", "state"} and "transpose" not in {n.op for n in graph.nodes}
    c99.emit(graph, tmp_path / "c")
    exported = onnxruntime.InferenceSession(onnx.emit(graph), providers=["CPUExecutionProvider"])
    host, runtime = HostTarget(tmp_path / "c", "gcc"), LiteRTTarget(litert.emit(graph))
    runs = {
        "reference": lambda x: [evaluate(graph, x)[n] for n in graph.outputs],
        "C": lambda x: host.run_once([x[n] for n in graph.inputs]),
        "LiteRT": lambda x: runtime.run_once([x[n] for n in graph.inputs]),
        "ONNX": lambda x: exported.run(None, x),
    }
    states = dict.fromkeys(("original", *runs), np.zeros((2, 1, 128), np.float32))
    for frame in _frames():
        feed = {"input": frame, "state": states["original"], **bind}
        want, states["original"] = original.run(None, feed)
        for target, run in runs.items():
            got, states[target] = run({"input": frame, "state": states[target]})
            np.testing.assert_allclose(got, want, atol=TOLERANCE, err_msg=target)
            np.testing.assert_allclose(states[target], states["original"], atol=TOLERANCE, err_msg=target)
