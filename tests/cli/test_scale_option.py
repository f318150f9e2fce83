"""Models that take pixels of 0 to 255: --scale undoes the 0 to 1 of the data sets."""

import json

import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.frontends import load
from edgeml.ir import Graph, Tensor
from tests.graphs import images, small_cnn


def of_pixels(graph: Graph) -> Graph:
    """The same function of pixels of 0 to 255: the first weights are divided by 255."""
    weights = graph.nodes[0].inputs[1]
    old = graph.tensors[weights]
    assert old.data is not None
    smaller = (old.data / np.float32(255)).astype(np.float32)
    return graph.with_tensors({weights: Tensor(weights, old.type, smaller)})


@pytest.fixture
def pixel_files(tmp_path):
    (tmp_path / "unit.tflite").write_bytes(litert.emit(small_cnn(), io="float32"))
    (tmp_path / "pixels.tflite").write_bytes(litert.emit(of_pixels(small_cnn()), io="float32"))
    x = np.rint(images(60) * 255).clip(0, 255).astype(np.uint8)
    np.savez(tmp_path / "data.npz", x=x, y=np.arange(60) % 4)
    return tmp_path


def outputs(edgeml, *args):
    done = edgeml("run", *args, "--json", "--samples", 4, "-q")
    assert done.code == 0, done.err
    return np.array([json.loads(line)["outputs"] for line in done.out.splitlines()])


def test_run_gives_the_model_its_pixels(edgeml, pixel_files):
    data = ("--data", pixel_files / "data.npz")
    unit = outputs(edgeml, pixel_files / "unit.tflite", *data)
    pixels = outputs(edgeml, pixel_files / "pixels.tflite", *data, "--scale", 255)
    np.testing.assert_allclose(pixels, unit, atol=1e-5)


def test_quantize_calibrates_on_pixels(edgeml, pixel_files):
    path = pixel_files / "int8.tflite"
    data = ("--data", pixel_files / "data.npz", "--scale", 255, "-q")
    done = edgeml("quantize", pixel_files / "pixels.tflite", *data, "-o", path)
    assert done.code == 0, done.err
    quantization = load(path).input_tensors[0].type.quantization
    assert quantization is not None
    assert 0.5 < quantization.scale[0] <= 1.01


def test_bench_measures_on_pixels(edgeml, pixel_files):
    found = {}
    for name, scale in (("unit", 1), ("pixels", 255)):
        path = pixel_files / f"{name}.json"
        data = ("--data", pixel_files / "data.npz", "--scale", scale, "--target", "litert", "-q")
        done = edgeml("bench", pixel_files / f"{name}.tflite", *data, "--json", path)
        assert done.code == 0, done.err
        found[name] = json.loads(path.read_text())["records"][0]["accuracy"]["value"]
    assert found["pixels"] == found["unit"]
