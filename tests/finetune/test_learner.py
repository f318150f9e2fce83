"""Training of a graph: it learns, keeps zeros, resumes with the same bits, and a teacher counts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgeml.errors import UnsupportedError
from edgeml.finetune.learner import GraphLearner, Objective
from edgeml.finetune.quantized import AwareConfig, _nearest, _with_biases, train_quantized
from edgeml.interpreter import run_samples
from edgeml.ir import DType, Quantization, Tensor, TensorType
from edgeml.ops import OPS
from edgeml.quantize import Recipe, quantize, quantize_input
from edgeml.quantize.codes import real_tensor
from tests.graphs import images, small_cnn
from tests.quantize.networks import near_constant

pytestmark = pytest.mark.needs_jax


def answers(graph, x):
    (name,) = graph.inputs
    codes = quantize_input(x, graph.tensor(name).type)
    (y,) = run_samples(graph, {name: codes}).values()
    return y.reshape(len(x), -1).argmax(axis=1)


def test_a_float_graph_learns_labels():
    x = images(120)
    y = (x[:, :5].mean(axis=(1, 2, 3)) > x[:, 5:].mean(axis=(1, 2, 3))).astype(np.int64)
    learner = GraphLearner(small_cnn())
    before = (learner.predict(x).argmax(axis=1) == y).mean()
    for _ in range(150):
        learner.train_batch(x, y, 1e-2)
    assert (learner.predict(x).argmax(axis=1) == y).mean() > max(0.9, before)
    # the graph that comes out is the model that was trained
    (told,) = run_samples(learner.trained(), {"image": x}).values()
    assert np.allclose(told, learner.predict(x), atol=1e-5)


def test_zeros_stay_zero():
    graph = small_cnn()
    w = graph.tensor("w1").data.copy()
    w[np.abs(w) < 0.1] = 0
    graph = graph.with_tensors({"w1": replace(graph.tensor("w1"), data=w)})
    learner = GraphLearner(graph)
    x = images(32)
    for _ in range(5):
        learner.train_batch(x, np.arange(32) % 4, 1e-2)
    trained = learner.trained().tensor("w1").data
    assert (trained[w == 0] == 0).all() and (trained[w != 0] != w[w != 0]).any()


def test_a_teacher_pulls_towards_its_answers():
    graph, x = small_cnn(), images(64)
    student = small_cnn(seed=5)
    wrong = np.zeros(64, np.int64)
    learner = GraphLearner(student, objective=Objective(distill=1.0), teacher=graph)
    alone = GraphLearner(student, objective=Objective(distill=0.0), teacher=graph)
    (told,) = run_samples(graph, {"image": x}).values()
    for _ in range(40):
        learner.train_batch(x, wrong, 3e-3)
        alone.train_batch(x, wrong, 3e-3)
    distance = [np.abs(m.predict(x) - told).mean() for m in (learner, alone)]
    assert distance[0] < 0.25 * distance[1]


def balanced(graph, x):
    """The network with a bias after which all classes occur, and no class wins by more than it must."""
    (logits,) = run_samples(graph, {"x": x}).values()
    logits = logits.reshape(len(x), -1)
    *rest, dense = graph.nodes
    scale = np.float32(3 / logits.std(axis=0).mean())
    bias = Tensor("bias", TensorType((logits.shape[1],), DType.FLOAT32), -scale * logits.mean(axis=0))
    weights = graph.tensor(dense.inputs[1])
    dense = replace(dense, inputs=(*dense.inputs[:2], "bias"))
    return graph.with_nodes((*rest, dense), {"bias": bias, weights.name: replace(weights, data=scale * weights.data)})


@pytest.mark.parametrize("ranges", ["learned", "observed"])
def test_training_wins_back_what_rounding_lost(ranges, tmp_path):
    graph, x = near_constant()
    start = quantize(balanced(graph, x), x, Recipe.plain())
    want = answers(start.float_graph, x)
    lost = (answers(start.graph, x) != want).sum()
    assert lost > 20
    config = AwareConfig(epochs=8, batch=16, rate=5e-4, ranges=ranges, validation=0.2)
    found = train_quantized(start, x, None, Recipe.plain(), config, checkpoint=tmp_path / "c.npz")
    assert found.kept and found.loss[1] < found.loss[0]
    before, after = found.accuracy
    assert before.n == after.n == len(x) // 5 and before.float_value == 1.0 and after.flips < before.flips
    assert before.mcnemar_p <= after.mcnemar_p
    assert (answers(found.result.graph, x) != want).sum() <= lost // 2
    assert not (tmp_path / "c.npz").exists()


def test_learned_and_observed_ranges_move(tmp_path):
    graph, x = small_cnn(), images(64)
    start = quantize(graph, x)
    chosen = {n: t.type.quantization for n, t in start.graph.tensors.items() if not t.is_constant}
    learner = GraphLearner(start.float_graph, chosen, learn_ranges=True)
    learner.train_batch(x, np.arange(64) % 4, 1e-2)
    moved = {n for n, q in learner.quantization().items() if not np.isclose(q.scale[0], chosen[n].scale[0], rtol=1e-4)}
    assert moved and "image" not in moved and graph.outputs[0] not in moved


def test_ranges_are_observed_again_in_the_graph_as_it_is_then():
    graph, x = small_cnn(), images(32)
    start = quantize(graph, x)
    chosen = {n: t.type.quantization for n, t in start.graph.tensors.items() if not t.is_constant}
    seen = []

    def observe(now):
        seen.append(now.tensor("w1").data)
        return {"conv0": Quantization.per_tensor(0.25 * len(seen), 3)}

    learner = GraphLearner(start.float_graph, chosen, observe=observe, every=2)
    scales = []
    for _ in range(4):
        learner.train_batch(x, np.arange(32) % 4, 1e-2)
        scales.append(learner.quantization()["conv0"])
    assert [(q.scale[0], q.zero_point[0]) for q in scales] == [(0.25, 3), (0.25, 3), (0.5, 3), (0.5, 3)]
    assert learner.quantization()["conv1"].scale[0] == chosen["conv1"].scale[0]
    assert len(seen) == 2 and not np.array_equal(*seen)


@pytest.mark.parametrize("bias", [True, False])
def test_training_begins_with_the_biases_that_make_up_for_rounding(bias):
    graph, x = near_constant()
    graph = balanced(graph, x) if bias else graph
    start = quantize(graph, x, Recipe(rounding="nearest"))
    begun, changed = _with_biases(start.float_graph, start.graph), 0
    int8, plain = ({b.name: b for b in g.bound()} for g in (start.graph, start.float_graph))
    for bound in begun.bound():
        if OPS[bound.node.op].weight_axis is None:
            continue
        corrected, before = int8[bound.name].optional(2), plain[bound.name].optional(2)
        assert np.array_equal(bound.input(2).data, real_tensor(corrected).data)
        changed += before is None or not np.array_equal(before.data, bound.input(2).data)
    assert changed == 4


def test_training_begins_with_each_weight_at_its_nearest_code():
    graph, x = near_constant()
    learned, nearest = (quantize(graph, x, Recipe(rounding=r, exact_scales=False)) for r in ("learned", "nearest"))
    chosen = {n: t.type.quantization for n, t in nearest.graph.tensors.items() if not t.is_constant}
    begun = _nearest(learned.float_graph, chosen, {graph.inputs[0]: x}, Recipe())
    for name in (t.name for t in nearest.graph.constants):
        np.testing.assert_array_equal(begun.tensor(name).data, nearest.graph.tensor(name).data)
    weights = [b.input(1).name for b in begun.bound() if OPS[b.node.op].weight_axis is not None]
    assert any(not np.array_equal(learned.graph.tensor(n).data, begun.tensor(n).data) for n in weights)


def test_the_float_graph_teaches_as_much_as_the_settings_say(tmp_path):
    graph, x = near_constant()
    graph = balanced(graph, x)
    start = quantize(graph, x)
    wrong = (answers(start.graph, x) + 1) % 4
    losses = []
    for distill in (0.0, 1.0):
        config = AwareConfig(epochs=1, rate=1e-6, distill=distill)
        found = train_quantized(start, x, wrong, None, config, checkpoint=tmp_path / "c.npz")
        losses.append(found.history[0]["loss"])
    # at 1 no label counts, and the int8 graph answers nearly as the float one does
    assert losses[1] < 0.1 * losses[0]


def test_training_that_does_not_help_is_undone(tmp_path):
    graph, x = small_cnn(), images(64)
    start = quantize(graph, x)
    config = AwareConfig(epochs=1, rate=3.0)
    found = train_quantized(start, x, np.zeros(64, np.int64) + 1, None, config, checkpoint=tmp_path / "c.npz")
    if found.loss[1] >= found.loss[0]:
        assert not found.kept and found.result is start
    config = replace(config, distill=1.0)
    found = train_quantized(start, x, None, None, config, checkpoint=tmp_path / "c.npz")
    assert not found.kept and found.result is start


def test_an_interrupted_training_goes_on_with_the_same_bits():
    x, y = images(32), np.arange(32) % 4
    start = quantize(small_cnn(), x)
    chosen = {n: t.type.quantization for n, t in start.graph.tensors.items() if not t.is_constant}

    def learner():
        return GraphLearner(start.float_graph, chosen, learn_ranges=True)

    whole, first, second = learner(), learner(), learner()
    for _ in range(4):
        whole.train_batch(x, y, 1e-3)
    for _ in range(2):
        first.train_batch(x, y, 1e-3)
    second.restore(first.state())
    for _ in range(2):
        second.train_batch(x, y, 1e-3)
    assert all(np.array_equal(whole.weights()[n], second.weights()[n]) for n in whole.weights())


def test_graphs_that_tell_no_classes_apart_are_refused():
    from edgeml.ir import GraphBuilder
    from edgeml.ops import OPS

    b = GraphBuilder("g", OPS)
    x = b.input("x", (1, 4))
    graph = b.build([b.add("relu", [x]), b.add("tanh", [x])])
    with pytest.raises(UnsupportedError, match="one output"):
        GraphLearner(graph)
