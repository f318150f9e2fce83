"""Builtins on elements that are read as other operators, against LiteRT's default interpreter."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.frontends.litert import from_litert
from edgeml.interpreter import run
from edgeml.ir import Array, DType, Quantization, TensorType
from edgeml.passes import canonicalize
from tests.frontends.litert_files import File

RNG = np.random.default_rng(7)


def _same(file: File, data: bytes) -> None:
    graph = canonicalize(from_litert(data))
    outputs = run(graph, dict(zip(graph.inputs, file.values, strict=True)))
    for want, got in zip(file.litert(data), outputs.values(), strict=True):
        np.testing.assert_array_equal(got, want)


def test_square_is_a_product() -> None:
    file = File()
    x = file.input(RNG.normal(size=(1, 3, 4)).astype(np.float32))
    data = file.write("SQUARE", [x], [TensorType((1, 3, 4), DType.FLOAT32)], ("SquareOptions", {}))
    assert [n.op for n in from_litert(data).nodes] == ["mul"]
    _same(file, data)


@pytest.mark.parametrize("output", [Quantization.per_tensor(0.05, 3), Quantization.per_tensor(0.013, -40)])
def test_relu_0_to_1(output: Quantization) -> None:
    file = File()
    x = file.input(np.arange(-128, 128, dtype=np.int8).reshape(1, 256))
    _same(file, file.write("RELU_0_TO_1", [x], [TensorType((1, 256), DType.INT8, output)]))


@pytest.mark.parametrize("shape", [(3, 2), (3,)], ids=["elements", "slices"])
def test_select(shape: tuple[int, ...]) -> None:
    def values() -> Array:
        return RNG.normal(size=(3, 2)).astype(np.float32)

    file = File()
    operands = [file.input(RNG.random(shape) < 0.5), file.input(values()), file.input(values())]
    _same(file, file.write("SELECT", operands, [TensorType((3, 2), DType.FLOAT32)], ("SelectOptions", {})))
