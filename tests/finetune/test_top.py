"""The cut between frozen and trained layers, and the learner above it."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.finetune.top import TopLearner, class_importance, split_top
from edgeml.interpreter import run_single
from edgeml.ir import Graph, GraphBuilder
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.elementwise import BinaryAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.mean import MeanAttrs
from edgeml.ops.softmax import SoftmaxAttrs

pytestmark = pytest.mark.needs_jax
RNG = np.random.default_rng(0)
X = RNG.random((40, 8, 8, 3), dtype=np.float32)


def residual() -> Graph:
    """Convolutions a, b and c with a sum of a and c, the mean, and a classifier of 3 classes."""
    b = GraphBuilder("residual", OPS)
    attrs = Conv2DAttrs(padding=(1, 1, 1, 1), activation=Activation.RELU)

    def conv(name: str, x: str, channels: int) -> str:
        w = b.constant(f"{name}/w", RNG.standard_normal((4, 3, 3, channels)).astype(np.float32) / 5)
        return b.add("conv_2d", [x, w, b.constant(f"{name}/b", np.zeros(4, np.float32))], attrs, name=name)

    first = conv("a", b.input("image", (1, 8, 8, 3)), 3)
    y = b.add("add", [first, conv("c", conv("b", first, 4), 4)], BinaryAttrs(), name="sum")
    y = b.add("mean", [y], MeanAttrs((1, 2)), name="pooled")
    w = b.constant("head/w", RNG.standard_normal((3, 4)).astype(np.float32))
    dense = [y, w, b.constant("head/b", np.zeros(3, np.float32))]
    y = b.add("fully_connected", dense, FullyConnectedAttrs(), name="head")
    return b.build([b.add("softmax", [y], SoftmaxAttrs(1.0))])


@pytest.mark.parametrize(("layers", "first"), [(1, "head"), (2, "b"), (3, "b"), (4, "a"), (9, "a")])
def test_the_cut_is_where_one_activation_connects_both_parts(layers: int, first: str) -> None:
    graph = residual()
    bottom, top = split_top(graph, layers)
    assert top.nodes[0].name == first
    np.testing.assert_allclose(run_single(top, run_single(bottom, X)), run_single(graph, X), rtol=1e-4, atol=1e-6)


def test_without_layers_to_train_the_top_is_empty() -> None:
    graph = residual()
    bottom, top = split_top(graph, 0)
    assert bottom.nodes == graph.nodes and not top.nodes


def test_classes_count_the_same_when_balanced() -> None:
    y = np.array([0] * 8 + [1] * 2)
    weights = class_importance(y, 2, True)
    assert weights[0] * 8 == pytest.approx(weights[1] * 2)
    np.testing.assert_array_equal(class_importance(y, 2, False), [1, 1])


def test_training_moves_the_top_alone_and_lowers_the_loss() -> None:
    graph = residual()
    bottom, top = split_top(graph, 2)
    x, y = run_single(bottom, X), RNG.integers(0, 3, len(X))
    learner = TopLearner(top, class_importance(y, 3, True))
    losses = [learner.train_batch(x, y, 1e-2) for _ in range(60)]
    assert losses[-1] < 0.9 * losses[0]
    trained = learner.trained()
    assert set(trained) == {f"{layer}/{kind}" for layer in ("b", "c", "head") for kind in "wb"}
    after = graph.with_tensors(trained)
    np.testing.assert_allclose(run_single(after, X), learner.predict(x), rtol=1e-3, atol=1e-5)
    assert np.abs(run_single(after, X) - run_single(graph, X)).max() > 0.05


def test_a_rare_class_is_learned_by_its_weight() -> None:
    _, top = split_top(residual(), 1)
    x = RNG.standard_normal((200, 4)).astype(np.float32)
    y = np.where(np.arange(200) < 190, 0, 1)
    means = []
    for importance in (class_importance(y, 3, False), class_importance(y, 3, True)):
        learner = TopLearner(top, importance)
        for _ in range(80):
            learner.train_batch(x, y, 3e-2)
        means.append(learner.predict(x)[:, 1].mean())
    assert means[1] > 3 * means[0]


def test_smoothed_labels_keep_probabilities_from_the_ends() -> None:
    _, top = split_top(residual(), 1)
    y = np.arange(120) % 3
    x = np.eye(4, dtype=np.float32)[y] * 3
    surest = []
    for smooth in (0.0, 0.3):
        learner = TopLearner(top, np.ones(3), smooth)
        for _ in range(200):
            learner.train_batch(x, y, 5e-2)
        surest.append(learner.predict(x).max())
    assert surest[0] > 0.99 and surest[1] < 0.9


def test_the_running_mean_of_the_weights_is_what_predicts_and_is_kept() -> None:
    graph = residual()
    _, top = split_top(graph, 1)
    x, y = RNG.standard_normal((60, 4)).astype(np.float32), RNG.integers(0, 3, 60)
    last, mean = TopLearner(top, np.ones(3)), TopLearner(top, np.ones(3), average=0.9)
    seen = []
    for _ in range(5):
        last.train_batch(x, y, 0.1)
        mean.train_batch(x, y, 0.1)
        seen.append(last.weights()["head/w"])
    want = seen[0]
    for count, now in enumerate(seen[1:], start=2):
        part = min(0.9, (count - 1) / count)
        want = part * want + (1 - part) * now
    np.testing.assert_allclose(mean.weights()["head/w"], want, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(run_single(top.with_tensors(mean.trained()), x), mean.predict(x), rtol=1e-4, atol=1e-6)
    # an interrupted training goes on with the same mean
    other = TopLearner(top, np.ones(3), average=0.9)
    other.restore(mean.state())
    for learner in (mean, other):
        learner.train_batch(x, y, 0.1)
    np.testing.assert_array_equal(mean.weights()["head/w"], other.weights()["head/w"])
