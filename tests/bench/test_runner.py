"""The runner with targets whose outputs are known."""

import numpy as np
import pytest

from edgeml.bench import runner, sessions
from edgeml.bench.record import Agreement
from edgeml.bench.suite import BenchInput, Variant, model_input
from edgeml.errors import DataError, TargetError, ToolchainError, UsageError
from edgeml.interpreter import run_single
from edgeml.ir import DType, TensorType
from edgeml.ops import OPS
from edgeml.quantize import quantize
from edgeml.targets.base import Latency, Runtime
from tests.graphs import images, small_cnn


class Fake:
    """The reference, with `wrong` outputs changed by one."""

    runtime = Runtime("fake", "1")

    def __init__(self, graph, wrong=0):
        self.graph, self.wrong = graph, wrong

    def run(self, x):
        y = run_single(self.graph, x).copy()
        if self.wrong:
            y.reshape(-1)[: self.wrong] ^= 1
        return y

    def latency(self, x, runs, warmup):
        return Latency("us", 1.0, 2.0, runs)


@pytest.fixture
def variants():
    graph = small_cnn()
    return Variant("float32", graph), Variant("int8", quantize(graph, images(32)).graph, sqnr={"conv0": 40.0})


def fake_targets(monkeypatch, **behaviour):
    def open_session(variant, target, toolchain, optimize):
        found = behaviour.get(target, 0)
        if isinstance(found, Exception):
            raise found
        return Fake(variant.graph, 0 if variant.is_float else found)

    monkeypatch.setattr(runner, "open_session", open_session)


def bench(variants, **changes):
    values = {"x": images(30), "y": np.arange(30) % 4, "quiet": True, **changes}
    return runner.run_bench(BenchInput("m", tuple(variants), **values)).records


def test_every_variant_runs_on_every_target_and_is_compared_with_all_others(variants, monkeypatch):
    fake_targets(monkeypatch, onnxruntime=3)
    records = {(r.variant, r.target): r for r in bench(variants)}
    assert len(records) == 6
    assert records["int8", "litert"].agreement.mismatched_outputs == 0
    wrong = records["int8", "onnxruntime"]
    # the fake changes 3 outputs in each of the 10 batches
    assert wrong.agreement == Agreement("host", 30, 30, 1.0)
    assert [a.reference for a in wrong.agreements] == ["litert", "host"]
    assert records["int8", "host"].agreement is None


def test_a_missing_runtime_is_a_record_with_its_reason(variants, monkeypatch):
    fake_targets(monkeypatch, host=ToolchainError("no compiler. Install zig."))
    records = {(r.variant, r.target): r for r in bench(variants)}
    assert records["int8", "host"].skipped == "no compiler. Install zig."
    assert records["int8", "host"].accuracy is None
    assert records["int8", "onnxruntime"].agreement.reference == "litert"


def test_nothing_at_all_measured_is_an_error(variants, monkeypatch):
    fake_targets(monkeypatch, host=ToolchainError("no compiler. Install zig."))
    with pytest.raises(TargetError, match=r"nothing could be measured\. no compiler"):
        bench(variants, targets=("host",))


def test_wrong_use_is_not_hidden_in_a_record(variants, monkeypatch):
    fake_targets(monkeypatch, host=DataError("bad samples."))
    with pytest.raises(DataError, match="bad samples"):
        bench(variants)


def test_the_float_model_is_the_base_of_flips_and_has_none_itself(variants, monkeypatch):
    fake_targets(monkeypatch)
    records = {(r.variant, r.target): r for r in bench(variants)}
    assert records["float32", "host"].accuracy.flips is None
    graph_f, graph_q = variants[0].graph, variants[1].graph
    expected_f = run_single(graph_f, images(30)).argmax(1)
    expected_q = run_single(graph_q, model_input(images(30), graph_q.input_tensors[0].type)).argmax(1)
    got = records["int8", "litert"].accuracy
    assert got.flips == int((expected_f != expected_q).sum())
    assert got.value == float((expected_q == np.arange(30) % 4).mean())


def test_layers_carry_work_bytes_zeros_and_sqnr(variants, monkeypatch):
    fake_targets(monkeypatch)
    record = bench(variants)[-1]
    first = record.layers[0]
    bound = next(variants[1].graph.bound())
    assert (first.name, first.macs, first.sqnr_db) == ("conv0", OPS["conv_2d"].macs(bound), 40.0)
    assert first.bytes == 6 * 9 + 6 * 4
    assert first.output_shape == (1, 10, 10, 6)


def test_without_labels_only_outputs_are_compared(variants, monkeypatch):
    fake_targets(monkeypatch)
    record = bench(variants, y=None)[0]
    assert record.accuracy is None and record.confusion == () and len(record.agreements) == 2


def test_unknown_targets_are_refused_before_anything_runs(variants, monkeypatch):
    fake_targets(monkeypatch, litert=AssertionError())
    with pytest.raises(TargetError, match="cortex-m44"):
        bench(variants, targets=("litert", "cortex-m44"))


def test_models_with_different_outputs_are_refused(variants, monkeypatch):
    fake_targets(monkeypatch)
    with pytest.raises(UsageError, match="same number of outputs"):
        bench([variants[0], Variant("other", small_cnn(classes=3))])


def test_labels_must_fit_the_model_and_the_samples(variants, monkeypatch):
    fake_targets(monkeypatch)
    with pytest.raises(DataError, match="label 7 of sample 0"):
        bench(variants, y=np.full(30, 7))
    with pytest.raises(DataError, match="30 samples need as many labels"):
        bench(variants, y=np.zeros(3, int))
    with pytest.raises(DataError, match="no samples"):
        bench(variants, x=images(1)[:0], y=None)


def test_an_export_that_failed_says_why(variants):
    variant = Variant("int8", variants[1].graph, missing={"litert": "odd '1': has no LiteRT builtin."})
    with pytest.raises(TargetError, match="has no LiteRT builtin"):
        sessions.open_session(variant, "litert", "zig")


def test_flat_models_take_images_of_the_same_size():
    flat = small_cnn().tensor("flatten").type
    assert model_input(np.zeros((3, 2, 2, 8), np.float32), flat).shape == (3, flat.shape[1])
    with pytest.raises(DataError, match="samples must have this shape"):
        model_input(np.zeros((3, 5), np.float32), flat)


def test_images_of_another_layout_are_refused_and_flat_ones_are_not():
    type_ = TensorType((1, 3, 8, 6), DType.FLOAT32)
    x = np.zeros((5, 8, 6, 3), np.float32)
    with pytest.raises(DataError, match="must have this shape"):
        model_input(x, type_)
    assert model_input(x.reshape(5, -1), type_).shape == (5, 3, 8, 6)
    assert model_input(x, TensorType((1, 144), DType.FLOAT32)).shape == (5, 144)
    assert model_input(x[..., :1], TensorType((1, 8, 6), DType.FLOAT32)).shape == (5, 8, 6)


def test_a_model_of_values_is_measured_by_its_errors():
    """The whole way of float labels: records, and the summary in words."""
    import edgeml
    from tests.quantize.networks import near_constant

    graph, x = near_constant()
    from edgeml.interpreter import run_single

    y = run_single(graph, x).astype(np.float64) + 0.5
    int8 = quantize(graph, x).graph
    found = edgeml.bench({"float32": graph, "int8": int8}, x, y, targets=["litert"])
    exact, got = (r.accuracy for r in found.records)
    assert exact.metric == "rmse" and exact.value == pytest.approx(0.5, rel=1e-4)
    assert got.float_value == exact.value and got.delta_ci95 is not None and got.r2 < 1
    assert not found.records[1].confusion
