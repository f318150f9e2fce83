import numpy as np
import pytest

from edgeml.errors import UnsupportedError, UsageError
from edgeml.prune.graph import prune_graph
from edgeml.prune.magnitude import magnitude_masks
from edgeml.prune.schedule import PolynomialSchedule
from edgeml.prune.sparsity import layer_sparsity, total_sparsity
from edgeml.quantize import quantize
from tests.graphs import images, small_cnn

RNG = np.random.default_rng(0)
WEIGHTS = {"a": RNG.standard_normal((8, 9)), "b": 10 * RNG.standard_normal((40, 5))}


@pytest.mark.parametrize("sparsity", [0.0, 0.3, 0.5, 0.8, 0.99])
def test_each_layer_gets_its_share_of_zeros(sparsity):
    masks = magnitude_masks(WEIGHTS, sparsity, "layer")
    for name, mask in masks.items():
        assert mask.size - mask.sum() == round(sparsity * mask.size)
        kept, gone = np.abs(WEIGHTS[name])[mask], np.abs(WEIGHTS[name])[~mask]
        assert not len(gone) or gone.max() <= kept.min()


def test_global_pruning_shares_zeros_over_layers_whatever_their_scale():
    masks = magnitude_masks(WEIGHTS, 0.5, "global")
    assert sum(m.sum() for m in masks.values()) == 136
    assert 0.3 < masks["a"].mean() < 0.7


def test_equal_weights_are_pruned_by_position():
    mask = magnitude_masks({"w": np.ones(10)}, 0.3)["w"]
    assert mask.tolist() == [False] * 3 + [True] * 7


def test_wrong_values_are_refused():
    with pytest.raises(UsageError, match=r"sparsity .*Got 1\.0"):
        magnitude_masks(WEIGHTS, 1.0)
    with pytest.raises(UsageError, match="unknown pruning scope 'all'"):
        magnitude_masks(WEIGHTS, 0.5, "all")
    with pytest.raises(UsageError, match="must end after"):
        PolynomialSchedule(0.5, 10, 10)


def test_the_schedule_is_cubic_and_stays_in_its_ends():
    schedule = PolynomialSchedule(0.8, 100, 300)
    assert [schedule.sparsity(s) for s in (0, 100, 300, 900)] == [0.0, 0.0, 0.8, 0.8]
    assert schedule.sparsity(200) == pytest.approx(0.8 * (1 - 0.5**3))


def test_a_bare_graph_is_pruned_and_zeros_survive_quantisation():
    graph = prune_graph(small_cnn(), 0.7, "layer")
    assert total_sparsity(graph) == pytest.approx(0.7, abs=0.02)
    int8 = quantize(graph, images(8)).graph
    assert total_sparsity(int8) >= total_sparsity(graph)
    dense = layer_sparsity(quantize(small_cnn(), images(8)).graph)
    sparse = layer_sparsity(int8)
    assert sum(r.compressed for r in sparse) < 0.7 * sum(r.compressed for r in dense)
    assert [r.name for r in sparse] == ["conv0", "conv1", "dense"]


def test_an_int8_graph_cannot_be_pruned():
    with pytest.raises(UnsupportedError, match="no float32 weights"):
        prune_graph(quantize(small_cnn(), images(8)).graph, 0.5)
