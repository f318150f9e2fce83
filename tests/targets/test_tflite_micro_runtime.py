import numpy as np
import pytest

from edgeml.backends.litert import emit
from edgeml.errors import DataError, ModelFormatError
from edgeml.interpreter import run_single
from edgeml.quantize import quantize
from edgeml.targets.tflite_micro_runtime import TfliteMicroTarget
from tests.graphs import images, small_cnn

pytest.importorskip("tflite_micro", reason="tflite_micro is not installed")


def test_float_model_runs_every_sample_of_an_array() -> None:
    graph, x = small_cnn(), images(5)
    target = TfliteMicroTarget(emit(graph))
    np.testing.assert_allclose(target.run(x), run_single(graph, x), rtol=1e-4, atol=1e-6)
    assert target.inputs[0].shape == (1, 10, 10, 1)
    assert target.runtime.name == "TensorFlow Lite Micro"
    assert target.latency(x, runs=5, warmup=1).runs == 5


def test_a_model_quantised_under_its_numerics_runs_bit_for_bit() -> None:
    from edgeml.passes import with_numerics

    x = images(40)
    graph = quantize(with_numerics(small_cnn(), "tflm"), x).graph
    codes = np.random.default_rng(0).integers(-128, 128, (50, 10, 10, 1)).astype(np.int8)
    np.testing.assert_array_equal(TfliteMicroTarget(emit(graph)).run(codes), run_single(graph, codes))


def test_nothing_is_printed_and_what_is_no_model_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    target = TfliteMicroTarget(emit(small_cnn()))
    with pytest.raises(DataError, match="shape"):
        target.run(np.zeros((1, 3), np.float32))
    assert capfd.readouterr() == ("", "")


def test_an_operator_that_it_lacks_is_named() -> None:
    from edgeml.ir import GraphBuilder
    from edgeml.ops import OPS
    from edgeml.ops.concatenation import ConcatenationAttrs

    builder = GraphBuilder("wide", OPS)
    names = [builder.input(f"x{i}", (1, 2)) for i in range(12)]
    graph = builder.build([builder.add("concatenation", names, ConcatenationAttrs(1))])
    with pytest.raises(ModelFormatError, match=r"TensorFlow Lite Micro cannot load the model: .*CONCATENATION"):
        TfliteMicroTarget(emit(graph))
