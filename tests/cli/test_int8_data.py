"""int8 arrays in data files are an int8 model's own codes, for bench and run as for validate."""

import json

import numpy as np
import pytest

from edgeml.bench.record import read
from edgeml.frontends import load
from edgeml.interpreter import run_single
from edgeml.quantize import dequantize_output


@pytest.fixture(scope="module")
def codes(files, tmp_path_factory):
    """A folder with the codes as data.npz, only.npz (without labels) and x.npy, and the outputs they must give."""
    folder = tmp_path_factory.mktemp("codes")
    graph = load(files / "int8.tflite")
    x = np.random.default_rng(5).integers(-128, 128, (40, 10, 10, 1)).astype(np.int8)
    outputs = run_single(graph, x)
    np.savez(folder / "data.npz", x_train=x, y_train=np.zeros(40, int), x_test=x, y_test=outputs.argmax(axis=1),
             labels=["a", "b", "c", "d"])  # fmt: skip
    np.savez(folder / "only.npz", x=x)
    np.save(folder / "x.npy", x)
    return folder, dequantize_output(outputs, graph.output_tensors[0].type)


@pytest.mark.parametrize("name", ["data.npz", "only.npz", "x.npy"])
def test_run_feeds_the_codes(edgeml, files, codes, name):
    folder, wanted = codes
    done = edgeml("run", files / "int8.tflite", "--data", folder / name, "--samples", 40, "--json", "-q")
    assert done.code == 0, done.err
    got = [json.loads(line)["outputs"] for line in done.out.splitlines()]
    np.testing.assert_array_equal(np.array(got, np.float32), wanted)


def test_bench_feeds_the_codes_and_their_reals_to_the_float_variant(edgeml, files, codes, tmp_path):
    folder, _ = codes
    models = (files / "float.tflite", files / "int8.tflite")
    done = edgeml("bench", *models, "--data", folder / "data.npz", "--target", "litert", "-q", "--json", tmp_path / "r")
    assert done.code == 0, done.err
    by = {r.variant: r.accuracy for r in read(tmp_path / "r").records}
    assert by["int8"].value == 1.0
    # the same inputs as reals: the float model mostly agrees with its quantised form
    assert by["float"].value > 0.7
