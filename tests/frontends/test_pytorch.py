"""PyTorch modules become graphs that compute the same in evaluation mode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgeml.errors import UnsupportedError, UsageError
from edgeml.frontends import load
from edgeml.interpreter import run, run_single

pytestmark = pytest.mark.needs_torch
torch = pytest.importorskip("torch", reason="PyTorch is not installed")


def network() -> Any:
    nn = torch.nn
    torch.manual_seed(0)
    body = nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU6(),
        nn.Conv2d(8, 8, 3, padding=1, groups=8), nn.ReLU(), nn.Dropout(0.5), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(8 * 4 * 4, 5), nn.Softmax(dim=1),
    )  # fmt: skip
    with torch.no_grad():
        body[1].running_mean.uniform_(-1, 1)
        body[1].running_var.uniform_(0.5, 2)
    return body


def outputs(module: Any, *inputs: Any) -> Any:
    was = module.training
    module.eval()
    with torch.no_grad():
        y = module(*(torch.from_numpy(x) for x in inputs)).numpy()
    module.train(was)
    return y


def test_a_network_computes_the_same_and_stays_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    module = network()
    module[1].eval()
    x = np.random.default_rng(0).standard_normal((4, 3, 16, 16)).astype(np.float32)
    capfd.readouterr()
    graph = load(module, example=(1, 3, 16, 16))
    assert capfd.readouterr() == ("", "")
    assert graph.name == "Sequential" and graph.inputs == ("input",)
    assert graph.input_tensors[0].shape == (1, 3, 16, 16)
    assert module.training and not module[1].training and module[5].training
    np.testing.assert_allclose(run_single(graph, x), outputs(module, x), atol=1e-5)


class Two(torch.nn.Module):
    def forward(self, left: Any, right: Any) -> Any:
        return left * right[:1] + right[2:]


def test_several_inputs_keep_the_names_of_forward() -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal(s).astype(np.float32) for s in ((1, 4), (3, 4)))
    graph = load(Two(), example=[(1, 4), torch.from_numpy(b)])
    assert graph.inputs == ("left", "right")
    found = run(graph, {"left": a, "right": b})[graph.outputs[0]]
    np.testing.assert_allclose(found, outputs(Two(), a, b), rtol=1e-5)


def test_a_traced_module_with_an_array_as_example_and_images_as_nhwc() -> None:
    traced = torch.jit.trace(network().eval(), torch.zeros(1, 3, 16, 16))
    x = np.random.default_rng(0).standard_normal((1, 3, 16, 16)).astype(np.float32)
    graph = load(traced, "net", example=x, input_layout="nhwc")
    assert graph.name == "net" and graph.input_tensors[0].shape == (1, 16, 16, 3)
    np.testing.assert_allclose(run_single(graph, x.transpose(0, 2, 3, 1)), outputs(traced, x), atol=1e-5)


class Stubborn(torch.nn.Module):
    def forward(self, x: Any) -> Any:
        raise RuntimeError("not today")


def test_a_failing_export_is_one_line() -> None:
    with pytest.raises(UnsupportedError, match=r"PyTorch module Stubborn cannot be exported .*not today") as caught:
        load(Stubborn(), example=(1, 4))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("example", [None, (), (0, 3), "a", [(1, 4), 3]])
def test_wrong_examples_are_refused(example: Any) -> None:
    with pytest.raises(UsageError, match="example"):
        load(Two(), example=example)


def test_an_example_is_for_pytorch() -> None:
    with pytest.raises(UsageError, match="an example is for PyTorch"):
        load("m.tflite", example=(1, 4))


def test_a_trusted_file_is_a_module(tmp_path: Path) -> None:
    torch.save(torch.nn.Linear(4, 2), tmp_path / "m.pt")
    with pytest.raises(UsageError, match="is a pickle"):
        load(tmp_path / "m.pt", example=(1, 4))
    graph = load(tmp_path / "m.pt", example=(1, 4), trust_pickle=True)
    assert graph.name == "m" and graph.output_tensors[0].shape == (1, 2)
