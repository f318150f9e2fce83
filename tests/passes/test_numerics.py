"""Numerics as a property of the graph: kept by every change, carried by the C library, no part of a model file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import edgeml
from edgeml.backends import litert, onnx
from edgeml.backends.c99 import emit
from edgeml.errors import UnsupportedError, UsageError
from edgeml.interpreter import run_single
from edgeml.ir import DType, Graph, GraphBuilder, Numerics, Quantization, format_graph
from edgeml.ops import OPS, Operator, Unsupported
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.passes import canonicalize, with_numerics


def _convolution() -> Graph:
    """One int8 convolution whose outputs differ between the numerics for some inputs."""
    rng = np.random.default_rng(4)
    builder = GraphBuilder("one", OPS)
    x = builder.input("x", (1, 8, 8, 4), DType.INT8, Quantization.per_tensor(0.02, 3))
    weights = rng.integers(-127, 128, (16, 3, 3, 4)).astype(np.int8)
    w = builder.constant("w", weights, Quantization.per_channel(rng.uniform(0.001, 0.01, 16), 0))
    out = builder.add("conv_2d", [x, w], Conv2DAttrs(), name="y", quantization=Quantization.per_tensor(0.05, -4))
    return builder.build([out])


def test_changes_of_a_graph_keep_its_numerics():
    graph = with_numerics(_convolution(), "tflm")
    assert canonicalize(graph).numerics is Numerics.TFLM
    assert graph.with_tensors({}).bind(graph.nodes[0]).numerics is Numerics.TFLM
    assert with_numerics(graph, None) is graph
    assert with_numerics(graph, "litert").numerics is Numerics.LITERT


def test_the_printed_graph_names_other_numerics_than_the_usual():
    assert format_graph(_convolution()).startswith("graph one\n")
    assert format_graph(with_numerics(_convolution(), "tflm")).startswith("graph one numerics=tflm\n")


def test_unknown_numerics_are_refused():
    with pytest.raises(UsageError, match=r"numerics must be litert or tflm. Got 'cmsis'"):
        with_numerics(_convolution(), "cmsis")


def test_an_operator_that_was_not_compared_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(type(OPS["conv_2d"]), "tflm", Operator.tflm)
    assert isinstance(Operator.tflm, Unsupported)
    with pytest.raises(UnsupportedError, match=r"conv_2d 'y': no int8 under tflm numerics, it has not been compared"):
        with_numerics(_convolution(), "tflm")


def test_model_files_do_not_depend_on_the_numerics():
    graph = _convolution()
    assert litert.emit(with_numerics(graph, "tflm"), io="float32") == litert.emit(graph, io="float32")
    assert onnx.emit(with_numerics(graph, "tflm")) == onnx.emit(graph)


@pytest.mark.needs_cc
def test_the_c_library_computes_the_numerics_it_was_written_for(tmp_path):
    from edgeml.targets.host import HostTarget

    x = np.random.default_rng(0).integers(-128, 128, (40, 8, 8, 4)).astype(np.int8)
    outputs = {}
    for numerics in Numerics:
        graph = with_numerics(_convolution(), numerics)
        manifest = emit(graph, tmp_path / numerics.value)
        assert manifest.numerics == numerics.value
        flag = f"#define EDGEML_NUMERICS_TFLM {int(numerics is Numerics.TFLM)}\n"
        assert flag in (tmp_path / numerics.value / "kernels" / "numerics.h").read_text()
        outputs[numerics] = HostTarget(tmp_path / numerics.value).run(x)
        np.testing.assert_array_equal(outputs[numerics], run_single(graph, x))
    assert (outputs[Numerics.LITERT] != outputs[Numerics.TFLM]).any()


def test_python_functions_take_numerics(tmp_path):
    written = edgeml.compile(_convolution(), tmp_path, ["c"], numerics="tflm")
    assert "EDGEML_NUMERICS_TFLM 1" in (written[0] / "kernels" / "numerics.h").read_text()
    # a graph keeps its own when nothing is said
    written = edgeml.compile(replace(_convolution(), numerics=Numerics.TFLM), tmp_path, ["c"])
    assert "EDGEML_NUMERICS_TFLM 1" in (written[0] / "kernels" / "numerics.h").read_text()
