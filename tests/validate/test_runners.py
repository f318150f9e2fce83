"""Every runner's outputs and intermediate tensors on one small network."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.frontends import load
from edgeml.ir import Graph, Numerics
from edgeml.passes import canonicalize, with_numerics
from edgeml.quantize import quantize
from edgeml.validate.runners import RUNNERS, Emulated, HostC, LiteRTOriginal, choose_targets, open_runners
from edgeml.validate.runners import emulated as emulated_module
from edgeml.validate.runners.base import Runner, Subject
from tests.graphs import images, small_cnn

MICRO_RUNNERS = [e.name for e in RUNNERS if e.target == "tflite_micro"]
INT8_RUNNERS = [e.name for e in RUNNERS if e.suffix in ("", ".tflite") and e.name not in MICRO_RUNNERS] + ["cortex-m4"]


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder = tmp_path_factory.mktemp("subject")
    path = folder / "small.tflite"
    path.write_bytes(litert.emit(quantize(small_cnn(), images(32)).graph))
    return Subject(canonicalize(load(path)), folder, path)


@pytest.fixture(scope="module")
def runners(subject: Subject) -> dict[str, Runner]:
    opened, skipped = open_runners(subject, ("litert", "onnxruntime", "host", "cortex-m4"))
    assert not skipped
    return {r.name: r for r in opened}


def codes(graph: Graph, count: int = 5) -> np.ndarray:
    return np.random.default_rng(7).integers(-128, 128, (count, *graph.input_tensors[0].shape[1:])).astype(np.int8)


@pytest.mark.needs_cc
@pytest.mark.parametrize("name", INT8_RUNNERS)
def test_intermediate_tensors_are_those_of_the_reference(subject, runners, name):
    x = codes(subject.graph)
    want = runners["reference"].activations([x])
    got = runners[name].activations([x])
    assert set(want) == set(got) == {n for node in subject.graph.nodes for n in node.outputs}
    for tensor, values in want.items():
        assert got[tensor].shape == values.shape
        np.testing.assert_array_equal(got[tensor], values)


@pytest.mark.needs_tflite_micro
@pytest.mark.parametrize("name", MICRO_RUNNERS)
def test_micro_interpreter_has_the_intermediate_tensors_of_a_graph_with_its_numerics(subject, name):
    graph = with_numerics(subject.graph, "tflm")
    opened, skipped = open_runners(replace(subject, graph=graph), ("tflite_micro",))
    assert not skipped
    runners = {r.name: r for r in opened}
    x = codes(graph, 30)
    want = runners["reference"].activations([x])
    got = runners[name].activations([x])
    assert set(want) == set(got)
    for tensor, values in want.items():
        np.testing.assert_array_equal(got[tensor], values)


@pytest.mark.needs_cc
def test_outputs_agree_and_every_sample_is_timed(subject, runners):
    x, advanced = codes(subject.graph), []
    want = runners["reference"].run([x], advanced.append)
    for name in INT8_RUNNERS[1:]:
        run = runners[name].run([x], advanced.append)
        np.testing.assert_array_equal(run.outputs[0], want.outputs[0])
        assert len(run.micros) == (0 if name == "cortex-m4" else 5)
        assert (run.micros > 0).all()
    assert sum(advanced) == 5 * len(INT8_RUNNERS)


@pytest.mark.needs_cc
def test_emulated_core_takes_as_many_samples_as_its_budget_allows(subject, runners, monkeypatch):
    emulated = runners["cortex-m4"]
    assert isinstance(emulated, Emulated)
    x = codes(subject.graph)
    assert emulated.affordable([x]) == 5
    assert emulated.profile is not None
    monkeypatch.setattr(emulated_module, "INSTRUCTION_BUDGET", 3 * emulated.profile.instructions)
    assert emulated.affordable([x]) == 3
    monkeypatch.setattr(emulated_module, "INSTRUCTION_BUDGET", 1)
    assert emulated.affordable([x]) == 1


def test_original_runs_only_where_the_file_is_of_its_format(subject, tmp_path):
    opened, _ = open_runners(Subject(subject.graph, tmp_path), ("litert",))
    assert [r.name for r in opened] == ["reference", "litert"]
    opened, _ = open_runners(Subject(subject.graph, tmp_path, subject.path), ("litert",))
    assert [r.name for r in opened] == ["reference", LiteRTOriginal.name, "litert"]


def test_runner_that_cannot_run_is_listed_with_its_reason(subject, tmp_path):
    broken = tmp_path / "model.onnx"
    broken.write_bytes(b"no model")
    opened, skipped = open_runners(Subject(subject.graph, tmp_path, broken), ("onnxruntime",))
    assert [r.name for r in opened] == ["reference", "onnxruntime"]
    assert [s.name for s in skipped] == ["onnxruntime:original"]
    assert "model.onnx' is not an .onnx file" in skipped[0].reason


def test_cores_alone_bring_the_runtimes_along():
    assert choose_targets(["cortex-m0plus"], "zig") == ("litert", "onnxruntime", "host", "cortex-m0plus")
    assert choose_targets(["host"], "zig") == ("host",)
    assert "tflite_micro" in choose_targets([], "gcc", Numerics.TFLM)
    assert choose_targets([], "gcc")[:3] == ("litert", "onnxruntime", "host")


@pytest.mark.needs_cc
def test_host_library_of_a_graph_with_two_outputs(tmp_path: Path):
    graph = quantize(small_cnn(), images(32)).graph
    both = Graph(graph.name, graph.inputs, (graph.nodes[1].outputs[0], *graph.outputs), graph.tensors, graph.nodes)
    opened, skipped = open_runners(Subject(both, tmp_path), ("host", "litert", "onnxruntime", "cortex-m4"))
    assert [s.name for s in skipped] == ["cortex-m4"]
    runs = [r.run([codes(graph)], lambda n: None) for r in opened]
    for run in runs[1:]:
        for got, want in zip(run.outputs, runs[0].outputs, strict=True):
            np.testing.assert_array_equal(got, want)
    assert any(isinstance(r, HostC) for r in opened)
