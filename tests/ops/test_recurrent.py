"""svdf, LSTM and GRU over streams: every target carries their states as the interpreter does."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends import c99, litert, onnx
from edgeml.errors import EdgeMLError, ModelFormatError, UnsupportedError
from edgeml.formats.litert import OperatorRecord, TensorRecord, TfliteModel, read, write
from edgeml.frontends.litert import from_litert
from edgeml.interpreter import evaluate, run_stream
from edgeml.ir import Array, DType, Graph, GraphBuilder, TensorType, verify
from edgeml.ops import OPS
from edgeml.ops.fixed_point_s16 import logistic_s16, tanh_s16
from edgeml.targets.host import HostTarget
from edgeml.targets.litert_runtime import LiteRTTarget
from edgeml.targets.onnx_runtime import OnnxRuntimeTarget
from tests.contract.cases import CASES

FRAMES = 7
needs_host_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def _stream(op: str, int8: bool, seed: int) -> tuple[Graph, Array]:
    """A graph of one operator with batch 1 in its first dimension, and frames for it."""
    for attempt in range(200):
        rng = np.random.default_rng([seed, attempt])
        graph = verify(CASES[op](rng, int8), OPS)
        shape = graph.input_tensors[0].shape
        if shape[0] == 1:
            break
    values = rng.integers(-128, 128, (FRAMES, *shape[1:])) if int8 else rng.normal(size=(FRAMES, *shape[1:]))
    return graph, values.astype(np.int8 if int8 else np.float32)


def _equal(got: Array, want: Array, tolerance: float = 2e-5) -> None:
    if want.dtype == np.float32:
        np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("int8", [True, False], ids=["int8", "float32"])
@pytest.mark.parametrize("op", ["svdf", "unidirectional_sequence_lstm"])
def test_litert_streams_as_the_interpreter_does(op: str, int8: bool) -> None:
    for seed in range(25):
        graph, x = _stream(op, int8, seed)
        model = litert.emit(graph)
        want = run_stream(graph, {"x0": x})["y"]
        _equal(LiteRTTarget(model).run_stream([x])[0], want)
        again = from_litert(model, name=graph.name)
        _equal(run_stream(again, {"x0": x})["y"], want, 0)
        assert litert.emit(again) == model


@needs_host_gcc
@pytest.mark.parametrize(
    ("op", "int8"),
    [("svdf", True), ("svdf", False), ("unidirectional_sequence_lstm", True), ("gru", False)],
)
def test_c_streams_with_the_state_written_in_place(op: str, int8: bool, tmp_path: Path) -> None:
    for seed in range(2):
        graph, x = _stream(op, int8, seed)
        manifest = c99.emit(graph, tmp_path / f"c{seed}")
        text = (tmp_path / f"c{seed}" / f"{manifest.model}.c").read_text()
        assert "the states of the next run" not in text, "the operator writes its state in its old place"
        _equal(HostTarget(tmp_path / f"c{seed}", "gcc").run_stream([x])[0], run_stream(graph, {"x0": x})["y"])


@pytest.mark.parametrize("op", ["svdf", "unidirectional_sequence_lstm", "gru"])
def test_onnx_runtime_streams_float32(op: str) -> None:
    for seed in range(8):
        graph, x = _stream(op, False, seed)
        _equal(OnnxRuntimeTarget(onnx.emit(graph)).run_stream([x])[0], run_stream(graph, {"x0": x})["y"])


@pytest.mark.parametrize("op", ["svdf", "unidirectional_sequence_lstm"])
def test_int8_has_no_onnx_spelling_and_the_error_says_why(op: str) -> None:
    graph, _ = _stream(op, True, 0)
    with pytest.raises(UnsupportedError, match=r"ONNX cannot say\. Use the LiteRT or C export"):
        onnx.emit(graph)


@pytest.mark.parametrize("op", ["svdf", "unidirectional_sequence_lstm"])
def test_the_emulated_core_streams_the_same_bits(op: str, tmp_path: Path) -> None:
    pytest.importorskip("unicorn", reason="needs unicorn")
    pytest.importorskip("ziglang", reason="needs the zig compiler: pip install ziglang")
    from edgeml.targets.emulator import EmulatedTarget

    graph, x = _stream(op, True, 3)
    c99.emit(graph, tmp_path / "c")
    want = run_stream(graph, {"x0": x})["y"]
    for core in ("cortex-m4", "cortex-m0plus"):
        np.testing.assert_array_equal(EmulatedTarget(tmp_path / "c", core).run_stream(x), want)


def test_fixed_point_functions_are_close_to_the_real_ones() -> None:
    x = np.arange(-32768, 32768)
    for bits in range(7):
        assert np.abs(tanh_s16(x, bits) / 32768 - np.tanh(x / 2.0 ** (15 - bits))).max() < 4e-4
    assert np.abs(logistic_s16(x) / 32768 - 1 / (1 + np.exp(-x / 2.0**12))).max() < 2e-4
    assert logistic_s16(np.zeros(1))[0] == 1 << 14 and tanh_s16(np.zeros(1))[0] == 0


def test_a_clipped_float_cell_is_litert_s() -> None:
    graph, x = _stream("unidirectional_sequence_lstm", False, 1)
    clipped = replace(graph.nodes[0], attrs=replace(graph.nodes[0].attrs, cell_clip=0.05))  # type: ignore[call-arg]
    graph = replace(graph, nodes=(clipped,))
    want = run_stream(graph, {"x0": x})["y"]
    assert np.abs(want).max() <= np.tanh(0.05) + 1e-6
    _equal(LiteRTTarget(litert.emit(graph)).run_stream([x])[0], want)
    with pytest.raises(UnsupportedError, match="ONNX clips the gates' sums, not the cell"):
        onnx.emit(graph)


def _changed(op: str, int8: bool, **changes: object) -> bytes:
    """The .tflite file of a stream with fields of its operator record replaced."""
    model = read(litert.emit(_stream(op, int8, 0)[0]))
    operators = [replace(o, **changes) if o.inputs else o for o in model.operators]  # type: ignore[arg-type]
    return write(replace(model, operators=tuple(operators)))


def test_variants_of_the_cell_are_refused_by_name() -> None:
    op = "unidirectional_sequence_lstm"
    model = read(litert.emit(_stream(op, False, 0)[0]))
    inputs = list(model.operators[0].inputs)
    for position, source, what in ((1, -1, "CIFG"), (9, inputs[12], "peephole"), (16, inputs[1], "projection")):
        changed = inputs.copy()
        changed[position] = source
        with pytest.raises(UnsupportedError, match=what):
            from_litert(_changed(op, False, inputs=tuple(changed)))
    with pytest.raises(UnsupportedError, match="activation must be tanh"):
        from_litert(_changed(op, False, options={"fusedActivationFunction": 1}))
    with pytest.raises(ModelFormatError, match="5 intermediate tensors"):
        from_litert(_changed(op, True, intermediates=()))
    with pytest.raises(EdgeMLError, match="variable tensor"):
        from_litert(_changed(op, False, inputs=tuple(inputs[:18])))


def test_dynamic_range_weights_become_float32() -> None:
    """An SVDF with int8 weights and float activations, as the converter's dynamic-range quantisation leaves it."""
    rng = np.random.default_rng(0)
    codes = rng.integers(-127, 128, (4, 3)).astype(np.int8)
    from edgeml.ir import Quantization

    q = Quantization.per_tensor(0.01, 0)
    tensors = (
        TensorRecord("x", TensorType((1, 3), DType.FLOAT32)),
        TensorRecord("feature", TensorType((4, 3), DType.INT8, q), codes),
        TensorRecord("time", TensorType((4, 2), DType.FLOAT32), np.ones((4, 2), np.float32)),
        TensorRecord("state", TensorType((1, 8), DType.FLOAT32), is_variable=True),
        TensorRecord("y", TensorType((1, 4), DType.FLOAT32)),
    )
    record = OperatorRecord("SVDF", 2, (0, 1, 2, -1, 3), (4,), "SVDFOptions", {"rank": 1})
    graph = from_litert(write(TfliteModel("m", tensors, (record,), (0,), (4,))))
    x = rng.normal(size=(2, 3)).astype(np.float32)
    rows = x @ (codes.astype(np.float32) * np.float32(0.01)).T
    _equal(run_stream(graph, {"x": x})["y"], np.stack([rows[0], rows[0] + rows[1]]))


@pytest.mark.parametrize("op", ["unidirectional_sequence_lstm", "gru"])
def test_litert_takes_an_open_state_written_out_step_by_step(op: str) -> None:
    """States that are inputs and outputs of the graph, and a GRU at all: LiteRT has no operator for them."""
    for seed in range(6):
        rng = np.random.default_rng([seed, 5])
        graph = CASES[op](rng, False)
        names = tuple(s.input for s in graph.states), tuple(s.output for s in graph.states)
        graph = replace(graph, inputs=(*graph.inputs, *names[0]), outputs=("y", *names[1]), states=())
        values = {t.name: rng.normal(size=t.shape).astype(np.float32) for t in graph.input_tensors}
        want = evaluate(verify(graph, OPS), values)
        target = LiteRTTarget(litert.emit(graph))
        for name, got in zip(graph.outputs, target.run_once([values[n] for n in graph.inputs]), strict=True):
            _equal(got, want[name])


def test_litert_streams_a_gru_whose_state_is_a_resource_variable() -> None:
    for seed in range(4):
        graph, x = _stream("gru", False, seed)
        _equal(LiteRTTarget(litert.emit(graph)).run_stream([x])[0], run_stream(graph, {"x0": x})["y"])


def test_litert_refuses_an_int8_state_that_is_no_variable_of_the_operator() -> None:
    graph, _ = _stream("unidirectional_sequence_lstm", True, 0)
    open_graph = replace(graph, inputs=("x0", "h", "c"), outputs=("y", "h_next", "c_next"), states=())
    with pytest.raises(UnsupportedError, match="written out step by step for LiteRT, in float32"):
        litert.emit(verify(open_graph, OPS))


def test_shapes_that_do_not_fit_are_refused() -> None:
    b = GraphBuilder("g", OPS)
    x, state = b.input("x", (1, 3)), b.state("s", (1, 7))
    weights = [b.constant("f", np.ones((4, 3), np.float32)), b.constant("t", np.ones((4, 2), np.float32))]
    with pytest.raises(EdgeMLError, match=r"the state be \(1, 8\)"):
        b.add_many("svdf", [x, *weights, "", state], OPS["svdf"].attrs_type(), name="y", outputs=("y", "n"))
