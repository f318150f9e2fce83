"""LSTM, GRU and RNN: the standard's own cases, PyTorch's exports, and variants that are refused."""

from __future__ import annotations

import importlib
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from edgeml.backends import c99
from edgeml.backends.onnx import emit
from edgeml.errors import UnsupportedError
from edgeml.frontends.onnx import from_onnx
from edgeml.interpreter import evaluate, run
from edgeml.ir import Array
from edgeml.ops import OPS
from edgeml.targets.host import HostTarget
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget
from tests.frontends.onnx.models import model, node

RNG = np.random.default_rng(4)
# what edgeml refuses of the standard's own cases, with the reason
REFUSED = {"test_lstm_with_peepholes": "peephole connections"}


def _cases() -> dict[str, Any]:
    """The node cases of the three operators; the onnx package makes them when their modules are imported."""
    made = importlib.import_module("onnx.backend.test.case.node")
    for module in ("lstm", "gru", "rnn"):
        importlib.import_module(f"onnx.backend.test.case.node.{module}")
    mine = ("test_lstm_", "test_gru_", "test_rnn_", "test_simple_rnn_")
    return {c.name: c for c in made._NodeTestCases if c.name.startswith(mine) and not c.name.endswith("_expanded")}


CASES = _cases()


def test_all_of_the_standards_cases_are_here() -> None:
    assert len(CASES) >= 18


@pytest.mark.parametrize("name", CASES)
def test_the_standards_own_case(name: str) -> None:
    case = CASES[name]
    proto = case.model
    inputs, outputs = case.data_sets[0]
    given = [n for n in proto.graph.node[0].input if n]
    named = dict(zip(given, inputs, strict=True))
    # lengths of sequences steer the graph and must be known
    bind = {k: v for k, v in named.items() if k == "sequence_lens"}
    if "rnn" in name and "batch_matmul" not in OPS:
        pytest.skip("weights that are inputs need batch_matmul")
    if name in REFUSED:
        with pytest.raises(UnsupportedError, match=REFUSED[name]):
            from_onnx(proto.SerializeToString(), bind=bind)
        return
    graph = from_onnx(proto.SerializeToString(), bind=bind)
    got = evaluate(graph, {k: named[k] for k in graph.inputs})
    for output, want in zip(graph.outputs, outputs, strict=True):
        np.testing.assert_allclose(got[output], want, rtol=1e-4, atol=1e-6)


def _weights(*shape: int) -> Array:
    return (RNG.standard_normal(shape) * 0.4).astype(np.float32)


def _model(op: str, gates: int, direction: str, outputs: list[str], layout: int = 0, **attrs: Any) -> onnx.ModelProto:
    count = 2 if direction == "bidirectional" else 1
    constants = {
        "W": _weights(count, gates * 6, 5),
        "R": _weights(count, gates * 6, 6),
        "B": _weights(count, 2 * gates * 6),
    }
    call = node(op, ["x", "W", "R", "B"], outputs, hidden_size=6, direction=direction, **attrs)
    return model([call], {"x": [1, 4, 5] if layout else [4, 1, 5]}, [o for o in outputs if o], constants)


@pytest.mark.parametrize("direction", ["forward", "reverse", "bidirectional"])
@pytest.mark.parametrize(
    ("op", "gates", "attrs"),
    [("LSTM", 4, {}), ("GRU", 3, {"linear_before_reset": 1}), ("GRU", 3, {}), ("RNN", 1, {})],
    ids=["lstm", "gru", "gru_reset_first", "rnn"],
)
def test_every_direction_equals_onnx_runtime_also_in_c_and_written_again(
    op: str, gates: int, attrs: dict[str, Any], direction: str, tmp_path: Path
) -> None:
    outputs = ["y", "h", "c"] if op == "LSTM" else ["y", "h"]
    data = _model(op, gates, direction, outputs, **attrs).SerializeToString()
    x = RNG.standard_normal((4, 1, 5)).astype(np.float32)
    want = OnnxRuntimeTarget(data).run_once([x])
    graph = from_onnx(data)
    c99.emit(graph, tmp_path / "c")
    again = OnnxRuntimeTarget(emit(graph)).run_once([x])
    found = evaluate(graph, {"x": x})
    compiled = HostTarget(tmp_path / "c", "gcc").run_once([x])
    for position, name in enumerate(graph.outputs):
        np.testing.assert_allclose(found[name], want[position], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(again[position], want[position], rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(compiled[position], want[position], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("op", "gates", "attrs", "message"),
    [
        ("LSTM", 4, {"clip": 1.0}, "clips its gates' sums"),
        ("LSTM", 4, {"input_forget": 1}, "couples its input and forget gates"),
        ("LSTM", 4, {"activations": ["Relu", "Tanh", "Tanh"]}, "has the activations"),
        ("GRU", 3, {"activations": ["HardSigmoid", "Tanh"]}, "has the activations"),
        ("RNN", 1, {"activations": ["Softsign"]}, "has the activation softsign"),
    ],
)
def test_variants_are_refused_by_name(op: str, gates: int, attrs: dict[str, Any], message: str) -> None:
    with pytest.raises(UnsupportedError, match=message):
        from_onnx(_model(op, gates, "forward", ["y"], **attrs).SerializeToString())


def test_lengths_that_are_known_and_full_are_no_obstacle() -> None:
    proto = _model("LSTM", 4, "forward", ["y"])
    proto.graph.node[0].input.append("lengths")
    proto.graph.initializer.append(onnx.numpy_helper.from_array(np.array([4], np.int32), "lengths"))
    assert from_onnx(proto.SerializeToString()).nodes[0].op == "unidirectional_sequence_lstm"
    proto.graph.initializer[-1].CopyFrom(onnx.numpy_helper.from_array(np.array([3], np.int32), "lengths"))
    with pytest.raises(UnsupportedError, match="sequences shorter than the input"):
        from_onnx(proto.SerializeToString())


@pytest.mark.parametrize("kind", ["LSTM", "GRU"])
def test_a_pytorch_export_is_read(kind: str) -> None:
    torch = pytest.importorskip("torch", reason="needs PyTorch")
    pytest.importorskip("onnxscript", reason="PyTorch's exporter needs onnxscript")

    class Net(torch.nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.cell = getattr(torch.nn, kind)(5, 6, num_layers=2, batch_first=True, bidirectional=kind == "LSTM")

        def forward(self, x: Any) -> Any:
            return self.cell(x)[0]

    torch.manual_seed(0)
    net, x = Net().eval(), torch.randn(1, 7, 5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(net, (x,), dynamo=True, verbose=False)
    graph = from_onnx(program.model_proto.SerializeToString())
    got = run(graph, {graph.inputs[0]: x.numpy()})[graph.outputs[0]]
    np.testing.assert_allclose(got, net(x).detach().numpy(), rtol=1e-4, atol=1e-5)
