"""Networks as PyTorch exports them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgeml.cli.main import make_app
from edgeml.frontends import load
from edgeml.interpreter import run
from edgeml.passes import canonicalize
from edgeml.passes.transpose_sinking import count_transposes

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from tests.frontends.onnx.torch_models import exported, mobilenet  # noqa: E402


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("torch") / "mobilenet.onnx"
    path.write_bytes(exported(mobilenet(), torch.zeros(1, 3, 32, 32), dynamo=False))
    return path


@pytest.mark.parametrize(("layout", "left"), [("onnx", 1), ("nhwc", 0)])
def test_a_mobilenet_has_no_transpose_between_its_layers(saved, layout, left):
    x = torch.randn(4, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        want = mobilenet()(x).numpy()
    graph = canonicalize(load(saved, input_layout=layout))
    assert count_transposes(graph) == left
    assert sum(n.op == "transpose" for n in graph.nodes[1:]) == 0
    image = x.numpy() if layout == "onnx" else x.numpy().transpose(0, 2, 3, 1)
    got = run(graph, {graph.inputs[0]: np.ascontiguousarray(image)})[graph.outputs[0]]
    np.testing.assert_allclose(got, want, rtol=1e-4, atol=1e-5)
    # ReLU6 and batch normalisation went into the convolutions
    assert {n.op for n in graph.nodes} <= {
        "transpose", "conv_2d", "depthwise_conv_2d", "add", "mean", "reshape", "fully_connected",
    }  # fmt: skip


def test_inspect_prints_the_number_of_transposes(saved):
    from typer.testing import CliRunner

    text = CliRunner().invoke(make_app(), ["inspect", str(saved)]).stdout
    assert "34 transposes in the model, 1 left when it is compiled" in " ".join(text.split())

    found = json.loads(
        CliRunner().invoke(make_app(), ["inspect", str(saved), "--input-layout", "nhwc", "--json"]).stdout
    )
    assert found["transposes"] == 0
