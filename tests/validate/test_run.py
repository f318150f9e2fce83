"""What validation says of agreement, of documented differences, and of a runtime that computes something else."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.backends import c99
from edgeml.bench.record import from_json, to_json
from edgeml.errors import DataError, TargetError, UsageError
from edgeml.ir import Graph, GraphBuilder, Tensor
from edgeml.ops import OPS
from edgeml.ops.average_pool_2d import AveragePool2D
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.pooling import Pool, PoolAttrs
from edgeml.ops.reshape import ReshapeAttrs
from edgeml.quantize import quantize
from edgeml.validate.records import to_records
from edgeml.validate.run import validate_graph
from edgeml.validate.samples import Samples, random_samples
from tests.graphs import images, small_cnn

pytestmark = pytest.mark.needs_cc


@pytest.fixture(scope="module")
def cnn() -> Graph:
    return quantize(small_cnn(), images(32)).graph


def pooled(seed: int = 0) -> Graph:
    """Average pool, then weights large enough to make more of its rounding: int8."""
    rng = np.random.default_rng(seed)
    b = GraphBuilder("pooled", OPS)
    x = b.input("x", (1, 8, 8, 4))
    y = b.add("average_pool_2d", [x], PoolAttrs((2, 2), (2, 2)), name="pool")
    y = b.add("reshape", [y], ReshapeAttrs((1, 64)), name="flat")
    weights = b.constant("w", rng.standard_normal((6, 64)).astype(np.float32))
    y = b.add("fully_connected", [y, weights, b.constant("b", np.zeros(6, np.float32))], FullyConnectedAttrs(),
              name="dense")  # fmt: skip
    return quantize(b.build([y]), rng.random((32, 8, 8, 4), np.float32)).graph


def test_int8_runtimes_are_identical(cnn):
    found = validate_graph(cnn, random_samples(cnn, 20, 0), ("litert", "onnxruntime", "host", "cortex-m4"))
    assert found.passed
    assert len(found.pairs) == 10
    assert {p.verdict for p in found.pairs} == {"identical"}
    assert all(p.difference.cosine == 1 and p.first is None for p in found.pairs)
    assert [r.samples for r in found.runners] == [20] * 5


@pytest.fixture
def half_to_even(monkeypatch):
    """ONNX's average pool as it is without the operator's own rounding of halves."""
    monkeypatch.setattr(AveragePool2D, "onnx_rounding", Pool.onnx_rounding)


@pytest.mark.usefixtures("half_to_even")
def test_difference_of_one_operator_is_traced_through_later_layers():
    graph = pooled()
    found = validate_graph(graph, random_samples(graph, 60, 0), ("onnxruntime", "host"))
    pair = next(p for p in found.pairs if p.second_name == "onnxruntime")
    assert pair.difference.mismatched > 0
    assert found.passed and pair.verdict == "within bound"
    assert pair.first is not None and pair.first.op == "average_pool_2d"
    assert [c.op for c in pair.causes] == ["average_pool_2d"]
    assert (pair.causes[0].largest, pair.causes[0].allowed) == (1, 1)
    assert pair.causes[0].reason == OPS["average_pool_2d"].onnx_bound_reason


def test_average_pool_rounds_halves_alike_everywhere():
    graph = pooled()
    found = validate_graph(graph, random_samples(graph, 60, 0), ("onnxruntime", "litert", "host"))
    assert {p.verdict for p in found.pairs} == {"identical"}


@pytest.mark.usefixtures("half_to_even")
def test_bound_that_does_not_cover_the_difference_is_beyond(monkeypatch):
    graph = pooled()
    monkeypatch.setattr(type(OPS["average_pool_2d"]), "onnx_bound", 0)
    found = validate_graph(graph, random_samples(graph, 60, 0), ("onnxruntime", "host"))
    assert not found.passed
    verdicts = {(p.first_name, p.second_name): p.verdict for p in found.pairs}
    assert verdicts[("reference", "onnxruntime")] == verdicts[("onnxruntime", "host")] == "beyond"
    assert verdicts[("reference", "host")] == "identical"


def miscompiled(monkeypatch, constant: str) -> None:
    """Host C that has its weights one place off, in the plain library and in the instrumented one."""
    emit = c99.emit

    def wrong(graph: Graph, folder, **options):
        tensor = graph.tensor(constant)
        assert tensor.data is not None
        data = np.roll(tensor.data, 1)
        return emit(graph.with_tensors({constant: Tensor(constant, tensor.type, data)}), folder, **options)

    monkeypatch.setattr(c99, "emit", wrong)


def test_wrong_code_is_found_in_its_layer(cnn, monkeypatch):
    miscompiled(monkeypatch, cnn.nodes[2].inputs[1])
    found = validate_graph(cnn, random_samples(cnn, 20, 0), ("host", "litert"))
    assert not found.passed
    beyond = [p for p in found.pairs if not p.passed]
    assert {(p.first_name, p.second_name) for p in beyond} == {("reference", "host"), ("litert", "host")}
    for pair in beyond:
        assert pair.first is not None and pair.first.tensor == cnn.nodes[2].outputs[0]
        # later layers compute rightly what they are given
        assert [c.tensor for c in pair.causes] == [cnn.nodes[2].outputs[0]]


def test_float_runtimes_agree_to_rounding():
    graph = small_cnn()
    found = validate_graph(graph, random_samples(graph, 10, 0), ("litert", "onnxruntime", "host"))
    assert found.passed
    assert any(p.verdict == "within tolerance" for p in found.pairs)
    assert found.accumulators == ()


def test_wrong_float_code_is_beyond_and_named(monkeypatch):
    graph = small_cnn()

    emit = c99.emit

    def wrong(graph: Graph, folder, **options):
        tensor = graph.tensor("w1")
        assert tensor.data is not None
        return emit(graph.with_tensors({"w1": Tensor("w1", tensor.type, tensor.data * np.float32(1.01))}), folder)

    monkeypatch.setattr(c99, "emit", wrong)
    found = validate_graph(graph, random_samples(graph, 10, 0), ("host",))
    (pair,) = found.pairs
    assert pair.verdict == "beyond"
    assert pair.first is not None and pair.first.tensor == "conv1"
    assert [c.tensor for c in pair.causes] == ["conv1"]


def test_labels_give_the_accuracy_of_every_runner(cnn):
    samples = random_samples(cnn, 12, 0)
    truth = np.arange(12) % 4
    found = validate_graph(cnn, Samples(samples.arrays, truth, "test"), ("litert", "host"))
    want = int((found.runners[0].outputs[0].argmax(axis=1) == truth).sum())
    assert [r.correct for r in found.runners] == [want] * 3
    assert all(r.accuracy.n == 12 and r.accuracy.value == pytest.approx(want / 12) for r in found.runners)


def test_records_keep_everything(cnn):
    found = validate_graph(cnn, random_samples(cnn, 6, 0), ("litert", "host", "cortex-m4"))
    bench = to_records(found)
    assert from_json(to_json(bench)) == bench
    by = {r.target: r for r in bench.records}
    assert list(by) == ["reference", "litert", "host", "cortex-m4"]
    assert by["reference"].agreement is None and len(by["reference"].agreements) == 3
    assert by["host"].agreement.reference == "reference"
    assert [c.reference for c in by["host"].comparisons] == ["reference", "litert", "cortex-m4"]
    assert {(c.verdict, c.cosine) for c in by["host"].comparisons} == {("identical", 1)}
    assert by["host"].latency.minimum <= by["host"].latency.mean <= by["host"].latency.maximum
    assert by["cortex-m4"].instructions > 0 and by["cortex-m4"].latency is None
    assert [a.op for a in by["reference"].accumulators] == ["conv_2d", "conv_2d", "fully_connected"]


def test_unknown_names_are_refused(cnn):
    samples = random_samples(cnn, 1, 0)
    with pytest.raises(TargetError, match="nonsense"):
        validate_graph(cnn, samples, ("nonsense",))
    with pytest.raises(UsageError, match="resolver"):
        validate_graph(cnn, samples, ("host",), resolver="fast")
    with pytest.raises(DataError, match="must have shape"):
        validate_graph(cnn, Samples((samples.arrays[0][:, :5],), None, ""), ("host",))
