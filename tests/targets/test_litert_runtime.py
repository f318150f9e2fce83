import numpy as np
import pytest

from edgeml.backends.litert import emit
from edgeml.errors import DataError, ModelFormatError
from edgeml.interpreter import run_single
from edgeml.targets.litert_runtime import LiteRTTarget
from tests.graphs import images, small_cnn


def test_runs_every_sample_of_an_array() -> None:
    graph, x = small_cnn(), images(5)
    target = LiteRTTarget(emit(graph))
    np.testing.assert_allclose(target.run(x), run_single(graph, x), rtol=1e-4, atol=1e-6)
    assert target.inputs[0].shape == (1, 10, 10, 1)
    assert target.runtime.name == "LiteRT"
    assert target.latency(x, runs=5, warmup=1).runs == 5


def test_results_do_not_alias_the_interpreters_memory() -> None:
    target = LiteRTTarget(emit(small_cnn()))
    x = images(2)
    first = target.run(x[:1])
    kept = first.copy()
    target.run(x[1:])
    np.testing.assert_array_equal(first, kept)


def test_nothing_is_printed(capfd: pytest.CaptureFixture[str]) -> None:
    LiteRTTarget(emit(small_cnn())).run(images(1))
    with pytest.raises(ModelFormatError):
        LiteRTTarget(b"no model at all")
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("content", [b"", b"no model", b"\0" * 64])
def test_a_file_that_is_no_model_is_a_format_error(content: bytes) -> None:
    with pytest.raises(ModelFormatError, match="LiteRT cannot load the model"):
        LiteRTTarget(content)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((2, 9, 10, 1), np.float32), r"samples must have shape \(10, 10, 1\)"),
        (np.zeros((2, 10, 10, 1), np.int8), "must be float32. Got int8"),
        (np.zeros((0, 10, 10, 1), np.float32), "at least one"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(x: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        LiteRTTarget(emit(small_cnn())).run(x)
