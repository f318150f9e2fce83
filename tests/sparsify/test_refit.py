import numpy as np
import pytest

from edgeml.errors import UsageError
from edgeml.interpreter import run_single
from edgeml.prune.graph import masked
from edgeml.prune.magnitude import magnitude_masks
from edgeml.prune.patterns import KeepOf
from edgeml.prune.sparsity import total_sparsity
from edgeml.quantize.repairs import judging
from edgeml.sparsify import refit as refit_module
from edgeml.sparsify.activation import activation_scores
from edgeml.sparsify.least_squares import fit_kept
from edgeml.sparsify.output_error import relative_error
from edgeml.sparsify.refit import refit
from edgeml.sparsify.rows import bias_of, input_rows, weight_matrix
from edgeml.sparsify.sparsify import Sparsifier, SparsifyConfig, sparsify, zeros
from tests.graphs import images, small_cnn

RNG = np.random.default_rng(0)


def test_the_fit_is_the_least_squares_solution_over_the_kept_weights():
    mixing = RNG.standard_normal((6, 6))
    x = RNG.standard_normal((400, 6)) @ mixing + 1
    weights = RNG.standard_normal((2, 6))
    keep = np.array([[1, 0, 1, 1, 0, 1], [0, 0, 0, 0, 0, 0]], bool)
    target = x @ weights.T + 3
    found, bias = fit_kept(x, target, weights, keep, 1e-9)
    with_one = np.c_[x[:, keep[0]], np.ones(len(x))]
    want = np.linalg.lstsq(with_one, target[:, 0], rcond=None)[0]
    np.testing.assert_allclose(np.append(found[0, keep[0]], bias[0]), want, rtol=1e-5)
    assert not found[~keep].any()
    assert bias[1] == pytest.approx(target[:, 1].mean())


def test_inputs_that_never_vary_leave_their_weights_alone():
    x = np.c_[RNG.standard_normal(50), np.full(50, 2.0)]
    weights = np.array([[0.5, -0.75]])
    found, bias = fit_kept(x, x @ weights.T, weights, np.ones((1, 2), bool), 1e-3)
    np.testing.assert_allclose(found, weights, rtol=1e-9)
    assert bias == pytest.approx([0], abs=1e-9)


def test_rows_times_weights_are_the_layers_result():
    graph, x = small_cnn(), images(3)
    bound = next(graph.bound())
    rows, samples = input_rows(bound, x)
    want = run_single_layer(graph, x)
    got = np.maximum(rows @ weight_matrix(bound).T + bias_of(bound), 0)
    np.testing.assert_allclose(got, want.reshape(got.shape), atol=1e-5)
    assert np.array_equal(np.unique(samples, return_counts=True), [[0, 1, 2], [100, 100, 100]])


def run_single_layer(graph, x):
    from edgeml.interpreter import run

    return run(graph, {"image": x}, ["conv0"])["conv0"]


def test_the_repair_brings_the_outputs_nearer_and_keeps_the_zeros():
    graph, x = small_cnn(), images(80)
    masks = magnitude_masks({n: graph.tensor(n).data for n in ("w0", "w1", "w2")}, 0.5, "global")
    pruned = masked(graph, masks)
    found = refit(graph, pruned, masks, {"image": x})
    assert found.kept and found.after < 0.8 * found.before
    other = images(40, seed=9)
    assert relative_error(graph, found.graph, {"image": other}) < 0.9 * relative_error(graph, pruned, {"image": other})
    for name, mask in masks.items():
        assert not found.graph.tensor(name).data[~mask].any()
    assert [r.layer for r in found.repairs] == ["conv0", "conv1", "dense"]
    assert all(r.kept and r.after < r.before for r in found.repairs)


def test_a_repair_that_held_out_samples_do_not_gain_by_is_undone():
    graph, x = small_cnn(), images(16)
    # what judges is as unlike the rest as can be: every fit makes it worse
    x[:] = 0.5 + 1e-3 * x
    x[3::4] = 40 * RNG.standard_normal(x[3::4].shape)
    masks = magnitude_masks({n: graph.tensor(n).data for n in ("w1", "w2")}, 0.5)
    pruned = masked(graph, masks)
    found = refit(graph, pruned, masks, {"image": x.astype(np.float32)})
    undone = [r for r in found.repairs if r.changed < r.channels]
    assert undone
    judges = judging({"image": x.astype(np.float32)})
    assert relative_error(graph, found.graph, judges) <= relative_error(graph, pruned, judges)
    if not found.kept:
        assert found.graph is pruned


@pytest.mark.parametrize(("errors", "kept"), [((1.0, 2.0), False), ((2.0, 1.0), True)])
def test_layers_that_gain_are_undone_where_the_outputs_do_not(monkeypatch, errors, kept):
    graph, told = small_cnn(), iter(errors)
    masks = magnitude_masks({"w1": graph.tensor("w1").data}, 0.5)
    pruned = masked(graph, masks)
    monkeypatch.setattr(refit_module, "relative_error", lambda *_: next(told))
    found = refit(graph, pruned, masks, {"image": images(60)})
    assert found.repairs[0].kept and found.kept is kept
    assert (found.graph is pruned) is not kept


def test_a_layer_makes_up_for_what_was_pruned_before_it():
    graph, x = small_cnn(), {"image": images(120)}
    first = magnitude_masks({"w1": graph.tensor("w1").data}, 0.6)
    whole = {"w2": np.ones(graph.tensor("w2").shape, bool)}
    pruned = masked(graph, first)
    alone, both = refit(graph, pruned, first, x), refit(graph, pruned, first | whole, x)
    # the dense layer has all its weights; other ones fit what it now reads
    assert np.array_equal(alone.graph.tensor("w2").data, graph.tensor("w2").data)
    assert [r.layer for r in both.repairs if r.kept] == ["conv1", "dense"]
    assert both.after < 0.9 * alone.after


def test_a_channel_takes_the_best_of_several_ridges(monkeypatch):
    graph, x = small_cnn(), {"image": images(120)}
    masks = magnitude_masks({"w1": graph.tensor("w1").data}, 0.5)
    pruned = masked(graph, masks)
    after = refit(graph, pruned, masks, x).repairs[0].after
    alone = []
    for ridge in (1e-3, 1e-2, 1e-1):
        monkeypatch.setattr(refit_module, "RIDGES", (ridge,))
        alone.append(refit(graph, pruned, masks, x).repairs[0].after)
    # one ridge is best for some channels, another one for others
    assert after < 0.9999 * min(alone)


def test_importance_by_activation_keeps_what_reads_a_live_input():
    graph = small_cnn()
    x = images(8)
    x[:, :, ::2] = 0
    x[:, ::2] = 0
    plain = magnitude_masks({"w0": graph.tensor("w0").data}, 0.5)["w0"]
    scores = activation_scores(graph, ["w0", "w1"], {"image": x})
    assert scores["w1"].shape == graph.tensor("w1").shape
    quiet = images(8)
    quiet[:] = 0
    assert not activation_scores(graph, ["w0"], {"image": quiet})["w0"].any()
    other = images(8)
    other[:, :, 5:] = 0
    moved = sparsify(graph, 0.5, SparsifyConfig(importance="activation", repair=False), other).masks["w0"]
    assert not np.array_equal(moved, plain)
    # twice the input of a weight counts as twice the weight
    one, two = (activation_scores(graph, ["w2"], {"image": v}) for v in (x, x))
    assert np.array_equal(one["w2"], two["w2"])


def test_sparsify_reaches_its_share_in_its_pattern_with_and_without_samples():
    graph, x = small_cnn(channels=8), images(40)
    for samples in (None, x):
        found = sparsify(graph, 0.5, SparsifyConfig(KeepOf(2, 4), dense=("conv0",)), samples)
        assert zeros(found.masks) == pytest.approx(0.5, abs=0.01)
        assert total_sparsity(found.graph) == pytest.approx(0.5, abs=0.1)
        assert found.graph.tensor("w0").data.all()
        groups = found.graph.tensor("w1").data.reshape(-1, 4)
        assert ((groups != 0).sum(1) == 2).all()
        assert (found.before is None) is (samples is None)
    plain = sparsify(graph, 0.5, SparsifyConfig(KeepOf(2, 4), repair=False), x)
    assert plain.repairs == ()
    assert run_single(plain.graph, x).shape == (40, 4)


def test_what_the_importance_needs_is_asked_for():
    with pytest.raises(UsageError, match="unknown importance 'taste'"):
        SparsifyConfig(importance="taste")
    with pytest.raises(UsageError, match="'activation' needs calibration samples"):
        Sparsifier(small_cnn(), SparsifyConfig(importance="activation"))
