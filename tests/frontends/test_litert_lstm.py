"""An int8 LSTM as TensorFlow's converter wrote it, against LiteRT and C.

`files/keras_lstm_int8.tflite` is keras.layers.LSTM(6, return_sequences=True) on (8, 5) and Dense(3) of Keras 2.21
(tf-keras), seed 1, converted from its concrete function with full int8 quantisation on three normal samples.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends import c99, litert
from edgeml.frontends.litert import from_litert
from edgeml.interpreter import run, run_stream
from edgeml.passes import canonicalize
from edgeml.targets.host import HostTarget
from edgeml.targets.litert_runtime import LiteRTTarget

FILE = Path(__file__).parent / "files" / "keras_lstm_int8.tflite"
X = np.random.default_rng(0).integers(-128, 128, (200, 8, 5)).astype(np.int8)


def test_the_converters_integer_lstm_is_bit_for_bit_litert_s(tmp_path: Path) -> None:
    data = FILE.read_bytes()
    graph = canonicalize(from_litert(data))
    assert [n.op for n in graph.nodes] == ["unidirectional_sequence_lstm", "fully_connected"]
    name, output = graph.inputs[0], graph.outputs[0]
    single, stream = run(graph, {name: X})[output], run_stream(graph, {name: X})[output]
    assert (single != stream).any(), "a stream is something else than samples"
    for model in (data, litert.emit(graph)):
        np.testing.assert_array_equal(LiteRTTarget(model).run(X), single)
        np.testing.assert_array_equal(LiteRTTarget(model).run_stream([X])[0], stream)
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    c99.emit(graph, tmp_path / "c")
    target = HostTarget(tmp_path / "c", "gcc")
    np.testing.assert_array_equal(target.run(X), single)
    np.testing.assert_array_equal(target.run_stream([X])[0], stream)
