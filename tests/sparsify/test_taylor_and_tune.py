"""What needs JAX: gradients as importance, and training a pruned graph on."""

from dataclasses import replace

import numpy as np
import pytest

from edgeml.errors import UsageError
from edgeml.interpreter import run_single
from edgeml.sparsify.sparsify import SparsifyConfig, parse_structure, sparsify
from edgeml.sparsify.taylor import taylor_scores
from edgeml.sparsify.tune import TuneConfig, tune
from tests.graphs import images, small_cnn
from tests.sparsify.balanced import balanced

pytestmark = pytest.mark.needs_jax


def classes(graph, x):
    return run_single(graph, x).argmax(axis=1)


def test_the_score_is_what_a_small_change_of_the_weight_does_to_the_loss():
    graph, x = small_cnn(), images(16)
    y = np.arange(16) % 4
    found = taylor_scores(graph, ["w2"], {"image": x}, y)["w2"]

    def loss(weights):
        p = run_single(graph.with_tensors({"w2": replace(graph.tensor("w2"), data=weights)}), x)
        return -np.log(p[np.arange(16), y].astype(np.float64)).mean()

    w, step = graph.tensor("w2").data, 1e-2
    slopes = np.zeros(w.shape)
    for place in [(0, 3), (1, 9), (2, 20), (3, 31)]:
        up, down = w.copy(), w.copy()
        up[place] += step
        down[place] -= step
        slopes[place] = (loss(up) - loss(down)) / (2 * step)
    chosen = slopes != 0
    ratio = found[chosen] ** 2 / np.abs(slopes * w)[chosen]
    np.testing.assert_allclose(ratio, ratio[0], rtol=2e-2)
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(1)


def test_weights_that_no_class_depends_on_go_first():
    graph, x = small_cnn(channels=8), images(32)
    w2 = graph.tensor("w2")
    data = w2.data.copy()
    # the dense layer does not read channel 5 of the last convolution
    data[:, 5::8] = 0
    graph = graph.with_tensors({"w2": replace(w2, data=data)})
    y = np.arange(32) % 4
    scores = taylor_scores(graph, ["w1"], {"image": x}, y)["w1"]
    assert not scores[5].any() and scores.any()
    config = SparsifyConfig(importance="taylor", scope="layer", dense=("conv0", "dense"), repair=False)
    mask = sparsify(graph, 0.5, config, x, y).masks["w1"]
    assert scores[mask].min() >= scores[~mask].max()
    assert not np.array_equal(mask, sparsify(graph, 0.5, replace(config, importance="l1"), x).masks["w1"])


def test_taylor_asks_for_classes():
    with pytest.raises(UsageError, match="'taylor' needs a class for each sample"):
        sparsify(small_cnn(), 0.5, SparsifyConfig(importance="taylor"), images(8))


@pytest.mark.parametrize(("pattern", "share"), [("element", 0.6), ("channel:1", 0.25)])
def test_training_on_gains_and_keeps_zeros_and_shapes(tmp_path, pattern, share):
    graph, x = balanced(small_cnn(channels=8), images(200))
    y = classes(graph, x)
    config = SparsifyConfig(parse_structure(pattern), dense=("conv0",))
    pruned = sparsify(graph, share, config, x).graph
    found = tune(pruned, graph, x, y, TuneConfig(3, batch=16, rate=3e-4), checkpoint=tmp_path / "c.npz")
    assert found.kept and found.loss[1] < found.loss[0] and len(found.history) == 3
    before, after = found.accuracy
    # the dense model gives the classes, so that what flips against it is wrong
    assert before.n == after.n > 0 and before.float_value == 1.0 and after.value == 1 - after.flips / after.n
    for tensor in pruned.constants:
        other = found.graph.tensor(tensor.name).data
        assert other.shape == tensor.shape
        if tensor.data.ndim > 1 and tensor.dtype.numpy == np.float32:
            assert not other[tensor.data == 0].any() and not np.array_equal(other, tensor.data)
    assert not (tmp_path / "c.npz").exists()


def test_training_that_does_not_gain_is_undone(tmp_path):
    graph, x = small_cnn(), images(60)
    y = np.arange(60) % 4
    found = tune(graph, graph, x, y, TuneConfig(1, batch=8, rate=50.0, distill=0.0), checkpoint=tmp_path / "c.npz")
    assert not found.kept and found.graph is graph and found.loss[1] >= found.loss[0]


def test_the_dense_graph_teaches_as_much_as_the_settings_say(tmp_path):
    graph, x = balanced(small_cnn(channels=8), images(100))
    wrong = (classes(graph, x) + 1) % 4
    losses = [
        tune(graph, graph, x, wrong, TuneConfig(1, rate=1e-6, distill=d), checkpoint=tmp_path / "c.npz")
        .history[0]["loss"]
        for d in (0.0, 1.0)
    ]  # fmt: skip
    # it is its own teacher: at 1 nothing is left to learn
    assert losses[1] < 1e-3 < losses[0]


def test_wrong_settings_are_refused():
    with pytest.raises(UsageError, match=r"distill must be in 0 … 1\. Got 2"):
        TuneConfig(1, distill=2)
